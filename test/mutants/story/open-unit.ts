import { eq } from 'drizzle-orm'
import { choose } from './action.ts'
import { compareOne } from './aware-reads.ts'
import { acknowledge } from './aware-writes.ts'
import type { World } from './world.ts'

/** Decides now, and writes when the story comes back to it: a process that was paused in the middle of a request. */
export async function openUnit(world: World): Promise<void> {
  if (world.openUnits.length >= 2) return
  const { service, writes, id } = choose(world)
  const phase = service.phase
  let goOn = (): void => undefined
  const paused = new Promise<void>((resolve) => {
    goOn = resolve
  })
  let hasDecided = (): void => undefined
  const decided = new Promise<void>((resolve) => {
    hasDecided = resolve
  })
  const work = world.request(`${service.name} begins a unit in ${phase}`, writes, () =>
    service.toolkit.run({ userId: String(id) }, async () => {
      await compareOne(world, service, id).finally(hasDecided)
      await paused
      if (world.people.valueOf(id) === undefined) return
      world.tell(`${service.name} goes on with a unit of ${phase}`)
      await compareOne(world, service, id)
      const fullName = world.people.newValue(id)
      const [row] = await service.people.update({ fullName }, (person) => eq(person.id, id))
      acknowledge(world, service, id, row?.fullName, fullName)
    }),
  )
  await decided
  world.openUnits.push({
    finish() {
      goOn()
      return work
    },
  })
}
