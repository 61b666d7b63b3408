/**
 * The type level of changes. One rule: everything is computed from TypeScript KEYS of a table, never from physical
 * names, because Drizzle 1.0 types a column's name as plain `string` (0.45 has the literal).
 */
import type { PgTable } from 'drizzle-orm/pg-core'

export type Simplify<T> = { [K in keyof T]: T[K] } & {}
export type ColumnsOf<T extends PgTable> = T['_']['columns']
export type KeyOf<T extends PgTable> = keyof ColumnsOf<T> & string
export type ColumnConfig<T extends PgTable, K extends KeyOf<T>> = ColumnsOf<T>[K]['_']

/**
 * What the compiler needs to know of a change: names only, never tables. A declaration file stays small (a change is a
 * few hundred bytes in `.d.ts`) and hovers stay readable.
 */
export interface ChangeTypes {
  /** Schema and name of the changed table. */
  schema: string | undefined
  table: string
  /** Keys that leave the row. */
  from: string
  /** Keys that carry their values. */
  to: string
  /** Present where the values are computed: then NULL may come of a value that is not. */
  computed?: true
}

/** Keys of `T` that hold the same data as key `F`: what `to` of a rename may name. */
export type SameData<T extends PgTable, F extends KeyOf<T>> = {
  [K in KeyOf<T>]: K extends F
    ? never
    : [ColumnConfig<T, F>['data']] extends [ColumnConfig<T, K>['data']]
      ? [ColumnConfig<T, K>['data']] extends [ColumnConfig<T, F>['data']]
        ? K
        : never
      : never
}
