import { choose } from './action.ts'
import { compareOne } from './aware-reads.ts'
import { acknowledge } from './aware-writes.ts'
import type { World } from './world.ts'

/**
 * A transaction of a service that has one snapshot, taken now, and inserts when the story comes back to it: what it looks
 * up in a table is as it was, whatever the catalog says by then.
 */
export async function openSnapshot(world: World): Promise<void> {
  if (world.variant === 'no-trigger' || world.openUnits.length >= 2) return
  const { service, writes, id: seen } = choose(world)
  const { phase } = service
  const [begun, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const work = world.request(`${service.name} takes a snapshot in ${phase}`, writes, () =>
    service.toolkit.run({ userId: String(seen) }, async () => {
      await compareOne(world, service, seen)
      const insert = async () => {
        await service.badges.count()
        begun.resolve()
        await goesOn.promise
        const id = world.people.newId()
        const fullName = world.people.newValue(id)
        world.tell(`${service.name} inserts ${fullName} by a snapshot of ${phase}`)
        const row = await service.people.insert({ id, fullName })
        return () => acknowledge(world, service, id, row.fullName, fullName)
      }
      const acknowledgeIt = await service.toolkit.transaction(insert, { isolationLevel: 'repeatable read' })
      acknowledgeIt()
    }),
  )
  await Promise.race([begun.promise, work])
  world.openUnits.push({
    finish() {
      goesOn.resolve()
      return work
    },
  })
}

/** A transaction of an old release that has inserted a row, and commits when the story comes back to it. */
export async function linger(world: World): Promise<void> {
  if (world.variant !== 'no-trigger' || world.control.phase !== 'expanded' || world.lingering.length >= 2) return
  const id = world.people.reserveId()
  const name = world.people.newValue(id)
  const [begun, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const work = world.request(`an old release inserts ${name} and does not commit yet`, 'old', async () => {
    await world.transaction([`INSERT INTO people (id, name) VALUES (${id}, '${name}')`], () => {
      begun.resolve()
      return goesOn.promise
    })
    world.tell(`an old release commits ${name}`)
    world.acknowledge(id, name)
  })
  await Promise.race([begun.promise, work])
  world.lingering.push({
    finish() {
      goesOn.resolve()
      return work
    },
  })
}
