import { eq } from 'drizzle-orm'
import { choose, chooseService } from './action.ts'
import type { Service } from './service.ts'
import type { World } from './world.ts'

/** Reads all rows, in a unit of work with a key or without one. */
export async function readAll(world: World): Promise<void> {
  const service = chooseService(world)
  await world.request(`${service.name} reads everything`, 'neither', () =>
    unitOf(world, service, () => compareAll(world, service)),
  )
}

/** Reads all rows in one statement and compares them with what was acknowledged. */
export async function compareAll(world: World, service: Service): Promise<void> {
  const rows = await service.people.findMany()
  const read = new Map(rows.map(({ id, fullName }) => [id, fullName]))
  for (const id of new Set([...world.people.ids, ...read.keys()])) compareRead(world, service, id, read.get(id))
}

/** Reads a row, in a unit of work with a key or without one. */
export async function readByKey(world: World): Promise<void> {
  const { service, id } = choose(world)
  await world.request(`${service.name} reads ${id}`, 'neither', () =>
    unitOf(world, service, () => compareOne(world, service, id)),
  )
}

export async function compareOne(world: World, service: Service, id: number): Promise<void> {
  const row = await service.people.findFirst({ where: (person) => eq(person.id, id) })
  compareRead(world, service, id, row?.fullName)
}

function compareRead(world: World, service: Service, id: number, read: string | undefined): void {
  const expected = world.people.valueOf(id)
  if (read === expected) return
  world.violations.report(
    expected === undefined ? 'deleted row is back' : 'stale read',
    `key ${id}`,
    `${service.name} (${service.phase}) read ${read} after ${expected} was acknowledged, in ${world.control.phase}`,
  )
}

/** Looks for a row by the value that it was given last. */
export async function readByValue(world: World): Promise<void> {
  const { service, id } = choose(world)
  const value = world.people.valueOf(id)!
  await world.request(`${service.name} looks for ${id} by its value`, 'neither', () =>
    unitOf(world, service, async () => {
      const found = await service.people.findMany({
        columns: { id: true },
        where: (person) => eq(person.fullName, value),
      })
      if (found.some((row) => row.id === id)) return
      world.violations.report(
        'stale read',
        `key ${id}`,
        `${service.name} (${service.phase}) did not find it by ${value}`,
      )
    }),
  )
}

/** Half of the units of work have a key, without which no flag is asked. */
function unitOf(world: World, service: Service, work: () => Promise<void>): Promise<void> {
  const context = world.random.percent(70) ? { userId: String(world.random.below(100)) } : {}
  return service.toolkit.run(context, work)
}
