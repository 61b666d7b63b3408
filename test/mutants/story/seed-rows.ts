import type { World } from './world.ts'

/** The rows that there are before anybody thinks of the change. */
export async function seedRows(world: World): Promise<void> {
  const rows = world.random.between(50, 120)
  for (let id = 1; id <= rows; id += 1) world.people.acknowledge(id, world.people.newValue(id))
  const { ids } = world.people
  await world.query('INSERT INTO people (id, name) SELECT * FROM unnest($1::int[], $2::text[])', [
    ids,
    ids.map((id) => world.people.valueOf(id)),
  ])
}
