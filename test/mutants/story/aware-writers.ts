import { eq, sql } from 'drizzle-orm'
import { phases } from '../../../src/phase/phase.ts'
import type { Service } from './service.ts'
import { defaultName } from './stage.ts'
import type { World, Writes } from './world.ts'

/** Something that somebody does: at most one write, in one request. */
export type Action = (world: World) => Promise<void>

/** What services of the new release do through their repositories, by the phase that they saw last. */
export const awareActions: readonly Action[] = [
  readAll,
  readAll,
  readByKey,
  readByKey,
  readByValue,
  insert,
  insert,
  insertWithoutName,
  insertMany,
  update,
  update,
  update,
  updateByExpression,
  updateByVolatileExpression,
  updateNick,
  upsert,
  remove,
  rolledBack,
  wearBadge,
  openUnit,
]

async function readAll(world: World): Promise<void> {
  const service = world.random.pick(world.services)
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
async function readByKey(world: World): Promise<void> {
  const { service, id } = choose(world)
  await world.request(`${service.name} reads ${id}`, 'neither', () =>
    unitOf(world, service, () => compareOne(world, service, id)),
  )
}

async function compareOne(world: World, service: Service, id: number): Promise<void> {
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
async function readByValue(world: World): Promise<void> {
  const { service, id } = choose(world)
  const value = world.people.valueOf(id)!
  await world.request(`${service.name} looks for ${value}`, 'neither', () =>
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

async function insert(world: World): Promise<void> {
  const { service, writes } = choose(world)
  const id = world.people.newId()
  const fullName = world.people.newValue(id)
  await world.request(`${service.name} inserts ${fullName}`, writes, async () => {
    const row = await service.people.insert({ id, fullName })
    acknowledge(world, service, id, row.fullName, fullName)
  })
}

async function insertWithoutName(world: World): Promise<void> {
  const { service, writes } = choose(world)
  const id = world.people.newId()
  await world.request(`${service.name} inserts ${id} without a name`, writes, async () => {
    const row = await service.people.insert({ id, nick: 'new' })
    acknowledge(world, service, id, row.fullName, defaultName)
  })
}

async function insertMany(world: World): Promise<void> {
  const { service, writes } = choose(world)
  const first = world.people.newId()
  const rows = [first, first + 1, first + 2].map((id) => ({ id, fullName: world.people.newValue(id) }))
  await world.request(`${service.name} inserts ${first} and two more`, writes, async () => {
    const inserted = await service.people.insertMany(rows)
    for (const [index, { id, fullName }] of rows.entries()) {
      acknowledge(world, service, id, inserted[index]?.fullName, fullName)
    }
  })
}

async function update(world: World): Promise<void> {
  const { service, writes, id } = choose(world)
  const fullName = world.people.newValue(id)
  await world.request(`${service.name} updates ${fullName}`, writes, async () => {
    const [row] = await service.people.update({ fullName }, (person) => eq(person.id, id))
    acknowledge(world, service, id, row?.fullName, fullName)
  })
}

async function updateByExpression(world: World): Promise<void> {
  const { service, writes, id } = choose(world)
  const expected = `${world.people.valueOf(id)}!`
  await world.request(`${service.name} appends to ${id}`, writes, async () => {
    const [row] = await service.people.update(
      (person) => ({ fullName: sql`${person.fullName} || '!'` }),
      (person) => eq(person.id, id),
    )
    acknowledge(world, service, id, row?.fullName, expected)
  })
}

async function updateByVolatileExpression(world: World): Promise<void> {
  const { service, writes, id } = choose(world)
  const value = world.people.newValue(id)
  await world.request(`${service.name} updates ${id} at random`, writes, async () => {
    const [row] = await service.people.update({ fullName: sql`${value} || ' ' || gen_random_uuid()` }, (person) =>
      eq(person.id, id),
    )
    if (row !== undefined) world.acknowledge(id, row.fullName)
  })
}

/** Names no side of the change; the users' own trigger writes the old one. */
async function updateNick(world: World): Promise<void> {
  const { service, id } = choose(world)
  const expected = world.hasUsersTrigger ? `${world.people.valueOf(id)}+` : world.people.valueOf(id)!
  await world.request(`${service.name} gives ${id} a nick`, world.hasUsersTrigger ? 'old' : 'neither', async () => {
    const nick = world.people.newValue(id)
    const [row] = await service.people.update({ nick }, (person) => eq(person.id, id))
    acknowledge(world, service, id, row?.fullName, expected)
  })
}

async function upsert(world: World): Promise<void> {
  const { service, writes, ...chosen } = choose(world)
  const id = world.random.percent(50) ? chosen.id : world.people.newId()
  const fullName = world.people.newValue(id)
  await world.request(`${service.name} upserts ${fullName}`, writes, async () => {
    const row = await service.people.upsert({ id, fullName }, { target: 'id' })
    acknowledge(world, service, id, row.fullName, fullName)
  })
}

export async function remove(world: World): Promise<void> {
  const { service, id } = choose(world)
  await world.request(`${service.name} deletes ${id}`, 'neither', async () => {
    await service.people.delete((person) => eq(person.id, id))
    world.people.acknowledgeDelete(id)
  })
}

/** Two writes in a transaction that ends with an error: neither of them was promised to anybody. */
async function rolledBack(world: World): Promise<void> {
  const { service, writes, id } = choose(world)
  const undone = new Error('undone')
  await world.request(`${service.name} updates ${id} and rolls back`, writes, async () => {
    const transaction = service.toolkit.transaction({ userId: String(id) }, async () => {
      await service.people.update({ fullName: 'undone' }, (person) => eq(person.id, id))
      await service.people.delete((person) => eq(person.id, id))
      throw undone
    })
    await transaction.catch((error: unknown) => {
      if (error !== undone) throw error
    })
  })
}

/** Writes the table whose sides nothing but the repository keeps equal. */
async function wearBadge(world: World): Promise<void> {
  const { service } = choose(world)
  const id = world.badges.newId()
  await world.request(`${service.name} gives badge ${id}`, 'both', async () => {
    const row = await service.badges.upsert(
      { id: world.random.percent(50) ? id : Math.max(1, id - 1), title: sql`gen_random_uuid()` },
      { target: 'id' },
    )
    world.badges.acknowledge(row.id, row.title ?? '')
    const title = world.badges.newValue(row.id)
    const [updated] = await service.badges.update({ title: sql`${title} || ' ' || gen_random_uuid()` }, (badge) =>
      eq(badge.id, row.id),
    )
    world.badges.acknowledge(row.id, updated?.title ?? '')
  })
}

/** Decides now, and writes when the story comes back to it: a process that was paused in the middle of a request. */
async function openUnit(world: World): Promise<void> {
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

/** Compares what a write returned, which is a read, and notes what was acknowledged. */
function acknowledge(world: World, service: Service, id: number, returned: string | undefined, value: string): void {
  if (returned !== value) {
    const what = `${service.name} (${service.phase}) wrote ${value} and was given ${returned}, in ${world.control.phase}`
    world.violations.report('stale read', `key ${id}`, what)
  }
  world.acknowledge(id, value)
}

function choose(world: World): { readonly service: Service; readonly id: number; readonly writes: Writes } {
  const service = world.random.pick(world.services)
  return { service, id: world.random.pick(world.people.ids), writes: phases[service.phase].write }
}

/** Half of the units of work have a key, without which no flag is asked. */
function unitOf(world: World, service: Service, work: () => Promise<void>): Promise<void> {
  const context = world.random.percent(70) ? { userId: String(world.random.below(100)) } : {}
  return service.toolkit.run(context, work)
}
