import { type Casing, type PhysicalColumn, type PhysicalTable, physicalTable } from '../drizzle/physical-table.ts'
import type { AnyChange } from './change.ts'
import { compileTransform, type SqlTransform } from './sql-transform.ts'

/** A same-row change as the database sees it: one table, and columns on both sides that hold the same information. */
export interface Sides {
  readonly table: PhysicalTable
  readonly old: readonly PhysicalColumn[]
  readonly next: readonly PhysicalColumn[]
  readonly transform: SqlTransform
}

/** The physical names behind a declaration; `casing` is Drizzle 0.45's option of the same name. */
export function sidesOf(change: AnyChange, casing?: Casing): Sides {
  const table = physicalTable(change.table, casing)
  const columns = (keys: readonly string[]) => keys.map((key) => table.columns.get(key)!)
  const [old, next] = [columns(change.from), columns(change.to)]
  return { table, old, next, transform: compileTransform(change, old, next) }
}
