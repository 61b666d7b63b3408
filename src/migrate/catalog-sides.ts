import { columnTypes } from '../catalog/columns.ts'
import type { Database } from '../drizzle/database.ts'
import type { TriggerSides } from '../sync/index.ts'
import type { StepChange } from './step-change.ts'

/** The sides of a change with the types that the catalog has: its declaration may be gone from the code. */
export async function catalogSides(
  db: Database,
  { table, oldColumns, newColumns, transform }: Pick<StepChange, 'table' | 'oldColumns' | 'newColumns' | 'transform'>,
): Promise<TriggerSides> {
  const types = await columnTypes(db, table, [...oldColumns, ...newColumns])
  // Without the column the statement that names it fails, and says so.
  const typed = (name: string) => ({ name, sqlType: types.get(name) ?? 'text' })
  return { table, old: oldColumns.map(typed), next: newColumns.map(typed), transform }
}
