import type { PgTable } from 'drizzle-orm/pg-core'
import { failure } from '../errors/index.ts'
import type { ChangedTable } from './changed-table.ts'
import type { LogicalColumns, LogicalTable, NewRow, RowPatch, Source } from './types.ts'
import type { Units } from './units.ts'
import { insertValues, updateValues, type Values } from './write-values.ts'

/**
 * What a service needs to keep repositories of its own: a table as this unit of work sees it, in the parts of a Drizzle
 * statement. Valid until the `run` or `transaction` around it ends; do not store it.
 *
 * ```ts
 * const u = toolkit.resolve(schema.users)
 * await u.db.insert(u.into).values(u.values({ email: 'ada@example.com', fullName: 'Ada' })).returning(u.returning)
 * await u.db.update(u.into).set(u.set({ fullName: 'Ada L.' })).where(eq(u.row.id, 1)).returning(u.returning)
 * await u.db.select().from(u.from).where(eq(u.from.fullName, 'Ada L.'))
 * ```
 */
export interface Resolved<T extends PgTable, D, Db> {
  /**
   * The database or transaction of this unit of work. Your own `db` does as well for statements outside a transaction,
   * as long as no SQL expression goes to a column under change, which only this one evaluates once.
   */
  readonly db: Db
  /** For `select` and joins, and what they compare. */
  readonly from: Source<T, D>
  /** The row that an `update`, `delete` or upsert finds, for its predicate and for expressions that it sets. */
  readonly row: Source<T, D>
  /** For `insert`, `update`, `delete`, and as the conflict target of an upsert (`target: u.into.fullName`). */
  readonly into: LogicalTable<T, D>
  /** For `insert(…).values(…)`: both sides of a change, defaults of the old side. */
  values(row: NewRow<T, D>): NewRow<T, D>
  values(rows: readonly NewRow<T, D>[]): NewRow<T, D>[]
  /** For `update(…).set(…)` and an upsert's `set`. */
  set(patch: RowPatch<T, D>): RowPatch<T, D>
  /** For `returning(…)`: rows in the new shape. */
  readonly returning: LogicalColumns<T, D>
}

export function resolveTable(table: ChangedTable, units: Units): object {
  const workplace = units.current(table.changes)
  if (workplace === undefined) throw failure('EC_OUTSIDE_UNIT', { table: table.name })
  const variant = table.variantFor(workplace.decisions)
  const values = (row: Values): Values => {
    table.assertKeys(row)
    return insertValues(variant, row)
  }
  return {
    db: workplace.database,
    from: variant.source,
    row: variant.row,
    into: variant.target,
    values: (given: Values | readonly Values[]) => (Array.isArray(given) ? given.map(values) : values(given as Values)),
    set(patch: Values): Values {
      table.assertKeys(patch)
      return updateValues(variant, patch)
    },
    returning: variant.returning,
  }
}
