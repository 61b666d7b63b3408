import { columnTypes } from '../catalog/columns.ts'
import type { Sides } from '../change/sides.ts'
import type { Database } from '../drizzle/database.ts'
import { failure } from '../errors/index.ts'
import type { Phase } from '../phase/phase.ts'
import type { ControlPolicy } from './control-policy.ts'

/**
 * The phase of a change that no row speaks of: the catalog decides. Old alone: planned. New alone: contracted. Both: in
 * tests and previews dual-write, which is right with or without the sync trigger, constraints or rows; where a row is
 * required, planned, which writes the side that nobody can have left yet. A side is there when all its columns are.
 *
 * @throws ExpandContractError EC_SCHEMA_CHANGED_UNDER where neither side exists.
 */
export async function derivedPhase(
  db: Database,
  changeId: string,
  { table, old, next }: Sides,
  control: ControlPolicy,
): Promise<Phase> {
  const [oldNames, newNames] = [namesOf(old), namesOf(next)]
  const columns = await columnTypes(db, table, [...oldNames, ...newNames])
  const hasNew = newNames.every((name) => columns.has(name))
  if (oldNames.every((name) => columns.has(name))) return hasNew && control === 'optional' ? 'dual-write' : 'planned'
  if (hasNew) return 'contracted'
  const missing = [...oldNames, ...newNames].filter((name) => !columns.has(name))
  throw failure('EC_SCHEMA_CHANGED_UNDER', {
    id: changeId,
    table: `${table.schema}.${table.name}`,
    problem: `neither of its sides is there as a whole (no column ${missing.map((name) => `"${name}"`).join(', ')}), or it does not exist`,
  })
}

const namesOf = (side: Sides['old']): readonly string[] => side.map(({ name }) => name)
