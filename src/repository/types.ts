/**
 * What the compiler knows of a repository: rows and tables in the new shape. Everything is computed from keys, see
 * `change/types.ts`.
 */
import type { InferInsertModel, InferSelectModel, SQL } from 'drizzle-orm'
import type { AnyPgColumn, PgTable, PgTableWithColumns } from 'drizzle-orm/pg-core'
import type { Change } from '../change/change.ts'
import type { ChangeTypes, ColumnConfig, ColumnsOf, KeyOf, Simplify } from '../change/types.ts'

type Members<Cs> = Cs extends readonly (infer C)[] ? C : Cs[keyof Cs]

/**
 * The changes of table `T` among `Cs` (a module, a record or an array); `never` where it has none. It is the second type
 * argument of `Repository`, `Row`, `NewRow`, `RowPatch`, `LogicalTable` and `Resolved`:
 *
 * ```ts
 * type UserRepository = Repository<typeof schema.users, ChangesFor<typeof changes, typeof schema.users>>
 * ```
 */
export type ChangesFor<Cs, T extends PgTable> =
  Extract<Members<Cs>, Change> extends infer C
    ? C extends Change<infer D>
      ? [D['table'], D['schema']] extends [T['_']['name'], T['_']['schema']]
        ? D
        : never
      : never
    : never

type FromOf<D> = D extends ChangeTypes ? D['from'] : never
type ToOf<D> = D extends ChangeTypes ? D['to'] : never
/** The change that key `K` is a new key of. */
type ChangeOf<D, K> = D extends ChangeTypes ? (K extends D['to'] ? D : never) : never

/** True where the flag holds for each of the old columns. */
type Every<T extends PgTable, F extends string, Flag extends 'notNull' | 'hasDefault'> = false extends {
  [K in F & KeyOf<T>]: ColumnConfig<T, K>[Flag]
}[F & KeyOf<T>]
  ? false
  : true

type With<Column extends AnyPgColumn, NotNull extends boolean, HasDefault extends boolean> = [
  Column['_']['notNull'],
  Column['_']['hasDefault'],
] extends [NotNull, HasDefault]
  ? Column
  : AnyPgColumn<Omit<Column['_'], 'notNull' | 'hasDefault'> & { notNull: NotNull; hasDefault: HasDefault }>

/** True where NULL is in none of the old columns, nor made of what is in them. */
type NeverNull<T extends PgTable, D extends ChangeTypes, K extends KeyOf<T>> = D extends { computed: true }
  ? [ColumnConfig<T, K>['notNull'], Every<T, D['from'], 'notNull'>] extends [true, true]
    ? true
    : false
  : Every<T, D['from'], 'notNull'>

/** New keys keep their own data type, and take nullability and default from the old side. */
export type LogicalColumns<T extends PgTable, D> = [D] extends [never]
  ? ColumnsOf<T>
  : {
      [K in Exclude<KeyOf<T>, FromOf<D>>]: K extends ToOf<D>
        ? With<ColumnsOf<T>[K], NeverNull<T, ChangeOf<D, K>, K>, Every<T, ChangeOf<D, K>['from'], 'hasDefault'>>
        : ColumnsOf<T>[K]
    }

/** A Drizzle table in the new shape: the new keys, without the old ones. `D` are its changes, see `ChangesFor`. */
export type LogicalTable<T extends PgTable, D> = [D] extends [never]
  ? T
  : PgTableWithColumns<{
      name: T['_']['name']
      schema: T['_']['schema']
      dialect: 'pg'
      isAlias: false
      columns: LogicalColumns<T, D>
    }>

/** Keys of a table in the new shape. */
export type LogicalKey<T extends PgTable, D> = keyof LogicalColumns<T, D> & string

/** A table as it is read: in predicates, selections, joins, orders. */
export type Source<T extends PgTable, D> = LogicalTable<T, D>

/** A row in the new shape. */
export type Row<T extends PgTable, D> = Simplify<InferSelectModel<LogicalTable<T, D>>>

type OrExpression<Values> = { [K in keyof Values]: Values[K] | SQL }

/** True where some of the old columns can do neither with NULL nor with a default. */
type NeedsValue<T extends PgTable, F extends string> = true extends {
  [K in F & KeyOf<T>]: [ColumnConfig<T, K>['notNull'], ColumnConfig<T, K>['hasDefault']] extends [true, false]
    ? true
    : false
}[F & KeyOf<T>]
  ? true
  : false

/** New keys that a row has to give although they may be NULL: an old column among others needs a value. */
type Demanded<T extends PgTable, D> = D extends ChangeTypes & { computed: true }
  ? NeedsValue<T, D['from']> extends true
    ? { [K in D['to'] & KeyOf<T>]: ColumnConfig<T, K>['notNull'] extends true ? K : never }[D['to'] & KeyOf<T>]
    : never
  : never

type Demanding<Values, K> = [K] extends [never]
  ? Values
  : Simplify<Values & { [P in K & keyof Values]-?: Exclude<Values[P], undefined> }>

/** A row to insert: keys that are nullable or have a default (on the old side of a change) may be left out. */
export type NewRow<T extends PgTable, D> = OrExpression<Demanding<InferInsertModel<LogicalTable<T, D>>, Demanded<T, D>>>

/** What an update sets: any of the keys, to values or SQL expressions. */
export type RowPatch<T extends PgTable, D> = {
  [K in keyof NewRow<T, D>]?: NewRow<T, D>[K] | AnyPgColumn | undefined
}

export type Where<T extends PgTable, D> = (table: Source<T, D>) => SQL | undefined
/** A predicate that a write cannot do without. */
export type Predicate<T extends PgTable, D> = (table: Source<T, D>) => SQL
export type OrderBy<T extends PgTable, D> = (table: Source<T, D>) => SQL | AnyPgColumn | readonly (SQL | AnyPgColumn)[]

/** The tables of a schema module in the new shape, under their export keys. */
export type LogicalTables<Schema, Cs> = {
  readonly [K in keyof Schema as Schema[K] extends PgTable ? K : never]: Schema[K] extends PgTable
    ? LogicalTable<Schema[K], ChangesFor<Cs, Schema[K]>>
    : never
}
