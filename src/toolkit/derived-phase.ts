import { columnTypes } from '../catalog/columns.ts'
import type { Sides } from '../change/sides.ts'
import type { Database } from '../drizzle/database.ts'
import { failure } from '../errors/index.ts'
import type { Phase } from '../phase/phase.ts'
import type { ControlPolicy } from './control-policy.ts'

/**
 * The phase of a change that no row speaks of: the catalog decides. Old alone: planned. New alone: contracted. Both: in
 * tests and previews dual-write, which is right with or without the sync trigger, constraints or rows; where a row is
 * required, planned, which writes the side that nobody can have left yet.
 *
 * @throws ExpandContractError EC_SCHEMA_CHANGED_UNDER where neither column exists.
 */
export async function derivedPhase(
  db: Database,
  changeId: string,
  { table, old, next }: Sides,
  control: ControlPolicy,
): Promise<Phase> {
  const columns = await columnTypes(db, table, [old.name, next.name])
  const hasNew = columns.has(next.name)
  if (columns.has(old.name)) return hasNew && control === 'optional' ? 'dual-write' : 'planned'
  if (hasNew) return 'contracted'
  throw failure('EC_SCHEMA_CHANGED_UNDER', {
    id: changeId,
    table: `${table.schema}.${table.name}`,
    problem: `it has neither column "${old.name}" nor "${next.name}", or does not exist`,
  })
}
