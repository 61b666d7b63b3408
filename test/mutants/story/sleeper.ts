import { eq } from 'drizzle-orm'
import { choose } from './action.ts'
import { compareOne } from './aware-reads.ts'
import { acknowledge } from './aware-writes.ts'
import type { Stop } from './stoppable-pool.ts'
import type { World } from './world.ts'

/**
 * A process is stopped in the middle of a write for so long that its lease ends: nobody waits for it, and its own clock
 * stood still meanwhile. When it wakes, it goes on with what it had decided, or decides by what it knew.
 */
export async function fallAsleep(world: World): Promise<void> {
  if (world.sleepers.length > 0 || world.openUnits.length > 0) return
  const { service, writes, id } = choose(world)
  const fullName = world.people.newValue(id)
  const hasDecided = world.random.percent(80)
  // Where a write takes two connections, which it should not, it stops in the middle.
  const connection = world.random.percent(80) ? 1 : 2
  const stopped = Promise.withResolvers<void>()
  let stop: Stop | undefined
  const write = async () => {
    stop = service.stopBefore(connection)
    stop.reached.then(stopped.resolve)
    const [row] = await service.people.update({ fullName }, (person) => eq(person.id, id))
    if (row !== undefined) acknowledge(world, service, id, row.fullName, fullName)
  }
  const decideAndWrite = () =>
    service.toolkit.run({ userId: String(id) }, async () => {
      await compareOne(world, service, id)
      await write()
    })
  const what = `${service.name} updates ${fullName}, and stops if it gets to that`
  const work = world.request(what, writes, hasDecided ? decideAndWrite : write, { isUnseen: true })
  await Promise.race([stopped.promise, work])
  if (!stop?.isReached) return stop?.goOn()
  const { goOn } = stop
  world.tell(`  ${service.name} sleeps`)
  service.isAsleep = true
  await setLease(world, service.name, '-1 second')
  world.sleepers.push({
    async finish() {
      world.tell(`${service.name} wakes`)
      goOn()
      await work
      service.isAsleep = false
      await setLease(world, service.name, '1 hour')
      await service.toolkit.refresh()
    },
  })
}

function setLease(world: World, name: string, after: string): Promise<unknown> {
  return world.query(
    `UPDATE expand_contract.processes SET renewed_at = now(), lease_until = now() + interval '${after}' WHERE name = $1`,
    [name],
  )
}
