import type { Action } from './action.ts'
import { linger } from './open-transactions.ts'
import { defaultName } from './stage.ts'
import type { World } from './world.ts'

/** What old releases and people with a SQL prompt do, as long as somebody copies it. */
export const unawareActions: readonly Action[] = [
  read,
  insert,
  insert,
  insertWithoutName,
  update,
  update,
  updateMany,
  rewrite,
  rewrite,
  rewrite,
  updateNick,
  updateAsReplica,
  updateAsReplica,
  updateAsReplica,
  remove,
  linger,
  linger,
  linger,
  linger,
  linger,
  linger,
]

async function read(world: World): Promise<void> {
  if (world.isOldBehind) return
  const id = world.random.pick(world.people.ids)
  await world.request(`an old release reads ${id}`, 'neither', async () => {
    const [row] = await world.query<{ name: string }>('SELECT name FROM people WHERE id = $1', [id])
    const expected = world.people.valueOf(id)
    if (row?.name === expected) return
    const what = `an old release read ${row?.name} after ${expected} was acknowledged, in ${world.control.phase}`
    world.violations.report('stale read', `key ${id}`, what)
  })
}

async function insert(world: World): Promise<void> {
  const id = world.people.newId()
  const name = world.people.newValue(id)
  await world.request(`an old release inserts ${name}`, 'old', async () => {
    await world.query('INSERT INTO people (id, name) VALUES ($1, $2)', [id, name])
    world.acknowledge(id, name)
  })
}

/** Works in every phase, the refusal armed or not: it writes neither side. */
async function insertWithoutName(world: World): Promise<void> {
  const id = world.people.newId()
  await world.request(`an old release inserts ${id} without a name`, 'neither', async () => {
    await world.query(`INSERT INTO people (id, nick) VALUES ($1, 'old')`, [id])
    world.acknowledge(id, defaultName)
  })
}

async function update(world: World): Promise<void> {
  const id = world.random.pick(world.people.ids)
  const name = world.people.newValue(id)
  await world.request(`an old release updates ${name}`, 'old', async () => {
    await world.query('UPDATE people SET name = $2 WHERE id = $1', [id, name])
    world.acknowledge(id, name)
  })
}

/** Writes the very value that the old column holds, which may be an older one than the new column does. */
async function rewrite(world: World): Promise<void> {
  const rows = await world.query<{ id: number; name: string }>(
    `SELECT id, name FROM people WHERE name IS NOT NULL ${world.isOldBehind ? 'AND name <> full_name' : ''} ORDER BY id`,
  )
  if (rows.length === 0) return
  const { id, name } = world.random.pick(rows)
  await world.request(`an old release writes again what ${id} holds`, 'old', async () => {
    await world.query('UPDATE people SET name = $2 WHERE id = $1', [id, name])
    // Where old is whole nothing changes, and a row that is not filled yet stays so.
    world.people.acknowledge(id, name)
  })
}

async function updateMany(world: World): Promise<void> {
  if (world.isOldBehind) return
  const rest = world.random.below(11)
  await world.request(`an old release appends to every key with rest ${rest}`, 'old', async () => {
    await world.query(`UPDATE people SET name = name || '~' WHERE id % 11 = $1`, [rest])
    for (const id of world.people.ids.filter((key) => key % 11 === rest)) {
      world.acknowledge(id, `${world.people.valueOf(id)}~`)
    }
  })
}

/** Names no side of the change; the users' own trigger writes the old one. */
async function updateNick(world: World): Promise<void> {
  const id = world.random.pick(world.people.ids)
  await world.request(`an old release gives ${id} a nick`, world.hasUsersTrigger ? 'old' : 'neither', async () => {
    await world.query('UPDATE people SET nick = $2 WHERE id = $1', [id, world.people.newValue(id)])
    if (world.hasUsersTrigger) world.acknowledge(id, `${world.people.valueOf(id)}+`)
  })
}

/** As logical replication applies what it is sent: ordinary triggers do not fire. */
export async function updateAsReplica(world: World): Promise<void> {
  const id = world.random.pick(world.people.ids)
  const name = world.people.newValue(id)
  await world.request(`a replica applies ${name}`, 'old', async () => {
    await world.asReplica(`UPDATE people SET name = '${name}' WHERE id = ${id}`)
    world.acknowledge(id, name)
  })
}

export async function remove(world: World): Promise<void> {
  const id = world.random.pick(world.people.ids)
  await world.request(`an old release deletes ${id}`, 'neither', async () => {
    await world.query('DELETE FROM people WHERE id = $1', [id])
    world.people.acknowledgeDelete(id)
  })
}
