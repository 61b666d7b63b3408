import { type Casing, type PhysicalColumn, type PhysicalTable, physicalTable } from '../drizzle/physical-table.ts'
import type { AnyChange } from './change.ts'

/** A same-row change as the database sees it: one table, and pairs of columns that hold the same information. */
export interface Sides {
  readonly table: PhysicalTable
  readonly old: PhysicalColumn
  readonly next: PhysicalColumn
}

/** The physical names behind a declaration; `casing` is Drizzle 0.45's option of the same name. */
export function sidesOf(change: AnyChange, casing?: Casing): Sides {
  const table = physicalTable(change.table, casing)
  return { table, old: table.columns.get(change.from[0]!)!, next: table.columns.get(change.to[0]!)! }
}
