import { eq, sql } from 'drizzle-orm'
import { choose } from './action.ts'
import type { Service } from './service.ts'
import { defaultName } from './stage.ts'
import type { World } from './world.ts'

export async function insert(world: World): Promise<void> {
  const { service, writes } = choose(world)
  const id = world.people.newId()
  const fullName = world.people.newValue(id)
  await world.request(`${service.name} inserts ${fullName}`, writes, async () => {
    const row = await service.people.insert({ id, fullName })
    acknowledge(world, service, id, row.fullName, fullName)
  })
}

export async function insertWithoutName(world: World): Promise<void> {
  const { service, writes } = choose(world)
  const id = world.people.newId()
  await world.request(`${service.name} inserts ${id} without a name`, writes, async () => {
    const row = await service.people.insert({ id, nick: 'new' })
    acknowledge(world, service, id, row.fullName, defaultName)
  })
}

export async function insertMany(world: World): Promise<void> {
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

export async function update(world: World): Promise<void> {
  const { service, writes, id } = choose(world)
  const fullName = world.people.newValue(id)
  await world.request(`${service.name} updates ${fullName}`, writes, async () => {
    const [row] = await service.people.update({ fullName }, (person) => eq(person.id, id))
    acknowledge(world, service, id, row?.fullName, fullName)
  })
}

export async function updateByExpression(world: World): Promise<void> {
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

export async function updateByVolatileExpression(world: World): Promise<void> {
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
export async function updateNick(world: World): Promise<void> {
  const { service, id } = choose(world)
  const expected = world.hasUsersTrigger ? `${world.people.valueOf(id)}+` : world.people.valueOf(id)!
  await world.request(`${service.name} gives ${id} a nick`, world.hasUsersTrigger ? 'old' : 'neither', async () => {
    const nick = world.people.newValue(id)
    const [row] = await service.people.update({ nick }, (person) => eq(person.id, id))
    acknowledge(world, service, id, row?.fullName, expected)
  })
}

export async function upsert(world: World): Promise<void> {
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
export async function rolledBack(world: World): Promise<void> {
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
export async function wearBadge(world: World): Promise<void> {
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

/** Compares what a write returned, which is a read, and notes what was acknowledged. */
export function acknowledge(
  world: World,
  service: Service,
  id: number,
  returned: string | undefined,
  value: string,
): void {
  if (returned !== value) {
    const what = `${service.name} (${service.phase}) wrote ${value} and was given ${returned}, in ${world.control.phase}`
    world.violations.report('stale read', `key ${id}`, what)
  }
  world.acknowledge(id, value)
}
