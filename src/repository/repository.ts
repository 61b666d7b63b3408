import { count, type SQL, sql } from 'drizzle-orm'
import type { AnyPgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { Simplify } from '../change/types.ts'
import { columnsOf, type Fields } from '../drizzle/clone-table.ts'
import type { AnyDatabase } from '../drizzle/unit-database.ts'
import type { TableVariant } from '../drizzle/variant-table.ts'
import { conflictKeys, parametersOf } from '../drizzle/written-columns.ts'
import { failure } from '../errors/index.ts'
import type { ChangedTable } from './changed-table.ts'
import { inStatements } from './in-statements.ts'
import { guardQuery } from './query-failed.ts'
import type { LogicalKey, NewRow, OrderBy, Predicate, Row, RowPatch, Source, Where } from './types.ts'
import type { Units } from './units.ts'
import { conflictSet, hasTwinTarget, retryTwinConflict } from './upsert.ts'
import type { Workplace } from './workplace.ts'
import { insertValues, updateValues, type Values } from './write-values.ts'

/** Row locks that a read may take, from the strongest to the weakest. */
export type LockStrength = 'update' | 'no key update' | 'share' | 'key share'

/** What `findFirst` looks for, and how: all keys of the first row of any order unless told otherwise. */
export interface FindOptions<T extends PgTable, D, K extends string> {
  /** The keys to read. Default: all. */
  readonly columns?: { readonly [P in K]: true }
  /** Default: every row. */
  readonly where?: Where<T, D>
  /** Default: as PostgreSQL finds them. */
  readonly orderBy?: OrderBy<T, D>
  /** How many rows to pass over. Default: 0. */
  readonly offset?: number
  /** Locks the rows that are found until the transaction ends; of no use outside of one. Default: no lock. */
  readonly for?: LockStrength
  /** With `for`: what to do about rows that somebody else has locked. Default: wait for them. */
  readonly locked?: 'skip' | 'fail'
}

/** What `findMany` looks for, and how: every row with all its keys unless told otherwise. */
export interface FindManyOptions<T extends PgTable, D, K extends string> extends FindOptions<T, D, K> {
  /** How many rows to return at most. Default: no limit. */
  readonly limit?: number
}

/** How an upsert finds the row that is there, and what it does to it. */
export interface UpsertOptions<T extends PgTable, D> {
  /**
   * The key, or the keys together, by which a row that is there already is found; there must be a unique index on
   * them. A renamed key is fine in every phase.
   */
  readonly target: LogicalKey<T, D> | readonly LogicalKey<T, D>[]
  /**
   * What to set in the row that is there. Default: everything that the row to insert gives, except `target`. `{}` leaves
   * that row as it is and returns it.
   *
   * As a function it gets the table (the row that is there) and `excluded` (the row that could not be inserted).
   */
  readonly set?: RowPatch<T, D> | ((table: Source<T, D>, excluded: Source<T, D>) => RowPatch<T, D>)
}

/**
 * One table in the new shape, whatever the phases of its changes. Rows come and go under the new keys; which physical
 * columns are named is decided once for each unit of work.
 *
 * Every call joins the `run` or `transaction` around it, else it is a unit of work of its own.
 *
 * ```ts
 * const users = toolkit.repository(schema.users)
 * const ada = await users.insert({ email: 'ada@example.com', fullName: 'Ada' })
 * await users.update({ fullName: 'Ada Lovelace' }, (user) => eq(user.id, ada.id))
 * ```
 *
 * Every method rejects with EC_QUERY_FAILED where the database or the driver fails: its `cause` has the SQLSTATE as
 * `code` and no values. EC_ROW_KEY and EC_QUERY_MISUSE say that the call itself was wrong, EC_NOT_STARTED that the toolkit
 * had not started, EC_VIEW_STALE that this process was away and the phases could not be read since, EC_TRANSACTION_ENDED that
 * the transaction around it was over; nothing was sent then. A read also rejects with EC_VIEW_STALE where this process was
 * away while it was under way, and what was read may be out of date.
 */
export interface Repository<T extends PgTable, D> {
  /** The type of a row, for `typeof users.$row`. There is nothing in it at run time. */
  readonly $row: Row<T, D>
  /** The type of a row to insert, for `typeof users.$new`. There is nothing in it at run time. */
  readonly $new: NewRow<T, D>

  /** Inserts a row and returns it as the database has it, defaults and generated values included. */
  insert(row: NewRow<T, D>): Promise<Row<T, D>>

  /**
   * Inserts rows and returns them in their order, all or none of them. They may give different keys; none is fine too. It
   * is one statement, or as many in one transaction as PostgreSQL's limit of parameters asks for.
   */
  insertMany(rows: readonly NewRow<T, D>[]): Promise<Row<T, D>[]>

  /**
   * Updates the rows for which the predicate holds, and returns them. A key that is left out (or `undefined`) keeps its
   * value. An SQL expression may name any key of the table, and is evaluated once for each row.
   *
   * ```ts
   * await users.update((user) => ({ fullName: sql`upper(${user.fullName})` }), (user) => eq(user.id, 1))
   * ```
   *
   * @throws EC_QUERY_MISUSE without a predicate (write `` () => sql`true` `` for all rows) or with nothing to set.
   */
  update(
    patch: RowPatch<T, D> | ((table: Source<T, D>) => RowPatch<T, D>),
    where: Predicate<T, D>,
  ): Promise<Row<T, D>[]>

  /**
   * Inserts a row or, where one with the same `target` is there, updates that one. Returns the row as it is afterwards.
   *
   * While both columns of a change are written, an upsert by its key may run into another one of the same new row at
   * the same moment; it is then tried again, inside a transaction behind a savepoint.
   */
  upsert(row: NewRow<T, D>, options: UpsertOptions<T, D>): Promise<Row<T, D>>

  /** Deletes the rows for which the predicate holds, and returns how many there were. @throws EC_QUERY_MISUSE without one. */
  delete(where: Predicate<T, D>): Promise<number>

  /** All rows that fit, with all keys or those of `columns`. */
  findMany<const K extends keyof Row<T, D> & string = keyof Row<T, D> & string>(
    options?: FindManyOptions<T, D, K>,
  ): Promise<Simplify<Pick<Row<T, D>, K>>[]>

  /** The first row that fits, `undefined` where there is none. */
  findFirst<const K extends keyof Row<T, D> & string = keyof Row<T, D> & string>(
    options?: FindOptions<T, D, K>,
  ): Promise<Simplify<Pick<Row<T, D>, K>> | undefined>

  /** How many rows fit. */
  count(where?: Where<T, D>): Promise<number>
}

/** What is inside the types at run time: values by key, tables, expressions. */
type AnyRow = Record<string, unknown>
type AnyPatch = Values | ((table: PgTable, excluded?: Fields) => Values)
type AnyFindOptions = {
  readonly columns?: Readonly<Record<string, true>>
  readonly where?: (table: PgTable) => SQL | undefined
  readonly orderBy?: (table: PgTable) => SQL | AnyPgColumn | readonly (SQL | AnyPgColumn)[]
  readonly limit?: number
  readonly offset?: number
  readonly for?: LockStrength
  readonly locked?: 'skip' | 'fail'
}

/** Where one call is done, and the table as it is seen there. */
type TableWorkplace = Workplace & {
  readonly variant: TableVariant
  /** Runs a query there: an SQL command, which an error names. */
  readonly guarded: <R>(command: string, query: () => PromiseLike<R>) => Promise<R>
}

export class TableRepository {
  declare readonly $row: never
  declare readonly $new: never
  readonly #table: ChangedTable
  readonly #units: Units

  constructor(table: ChangedTable, units: Units) {
    this.#table = table
    this.#units = units
  }

  async insert(row: Values): Promise<AnyRow> {
    return (await this.insertMany([row]))[0]!
  }

  async insertMany(rows: readonly Values[]): Promise<AnyRow[]> {
    for (const row of rows) this.#table.assertKeys(row)
    if (rows.length === 0) return []
    return await this.#write(({ database, variant, guarded }) => {
      return guarded('insert into', () => {
        const values = rows.map((row) => insertValues(variant, row))
        const insert = (session: AnyDatabase, some: Values[]) =>
          session.insert(variant.target).values(some).returning(variant.returning)
        const statements = inStatements(values, parametersOf(variant))
        if (statements.length === 1) return insert(database, values)
        return database.transaction(async (tx) => {
          const inserted: AnyRow[] = []
          for (const some of statements) inserted.push(...(await insert(tx, some)))
          return inserted
        })
      })
    })
  }

  async update(patch: AnyPatch, where: (table: PgTable) => SQL | undefined): Promise<AnyRow[]> {
    return await this.#write(({ database, variant, guarded }) => {
      const given = typeof patch === 'function' ? patch(variant.row) : patch
      this.#table.assertKeys(given)
      if (Object.values(given).every((value) => value === undefined)) {
        throw failure('EC_QUERY_MISUSE', {
          problem: `An update of table "${this.#table.name}" gave nothing to set.`,
          advice: 'Give at least one key a value other than undefined, or leave the update out.',
        })
      }
      const predicate = this.#required(where, variant, 'update')
      return guarded('update', () => {
        const set = updateValues(variant, given)
        return database.update(variant.target).set(set).where(predicate).returning(variant.returning)
      })
    })
  }

  async upsert(row: Values, options: { target: string | readonly string[]; set?: AnyPatch }): Promise<AnyRow> {
    const target = [options.target].flat()
    this.#table.assertKeys(row)
    this.#table.assertConflictTarget(target)
    return await this.#write(({ database, variant, isTransaction, guarded }) => {
      const patch = typeof options.set === 'function' ? options.set(variant.row, variant.excluded) : options.set
      if (patch !== undefined) this.#table.assertKeys(patch)
      const columns = conflictKeys(variant.writes, target).map((key) => columnsOf(variant.target)[key]!)
      return guarded('upsert into', () => {
        const values = insertValues(variant, row)
        const set = conflictSet(variant, row, target, patch)
        const attempt = async (session: AnyDatabase): Promise<AnyRow> => {
          const insert = session.insert(variant.target).values(values)
          const [upserted] = await insert.onConflictDoUpdate({ target: columns, set }).returning(variant.returning)
          return upserted!
        }
        if (!hasTwinTarget(variant, target)) return attempt(database)
        return retryTwinConflict(() => (isTransaction ? database.transaction(attempt) : attempt(database)))
      })
    })
  }

  async delete(where: (table: PgTable) => SQL | undefined): Promise<number> {
    return await this.#write(async ({ database, variant, guarded }) => {
      const predicate = this.#required(where, variant, 'delete')
      // Counted by the database: drivers tell the number of deleted rows in different ways, or not at all.
      const deleted = database.$with('deleted').as(
        database
          .delete(variant.target)
          .where(predicate)
          .returning({ one: sql<number>`1`.as('one') }),
      )
      const [counted] = await guarded('delete from', () =>
        database.with(deleted).select({ number: count() }).from(deleted),
      )
      return counted!.number
    })
  }

  async findMany(options: AnyFindOptions = {}): Promise<AnyRow[]> {
    return await this.#read(({ database, variant, guarded }) => {
      const query = database.select(this.#selection(variant, options.columns)).from(variant.source).$dynamic()
      const where = options.where?.(variant.source)
      if (where !== undefined) query.where(where)
      if (options.orderBy !== undefined) query.orderBy(...[options.orderBy(variant.source)].flat())
      if (options.limit !== undefined) query.limit(options.limit)
      if (options.offset !== undefined) query.offset(options.offset)
      if (options.for !== undefined) query.for(options.for, lockConfig(options.locked))
      return guarded('select from', () => query)
    })
  }

  async findFirst(options: AnyFindOptions = {}): Promise<AnyRow | undefined> {
    return (await this.findMany({ ...options, limit: 1 }))[0]
  }

  async count(where?: (table: PgTable) => SQL | undefined): Promise<number> {
    return await this.#read(async ({ database, variant, guarded }) => {
      const predicate = where?.(variant.source)
      const [counted] = await guarded('select from', () =>
        database.select({ number: count() }).from(variant.source).where(predicate),
      )
      return counted!.number
    })
  }

  #read<R>(work: (place: TableWorkplace) => R | PromiseLike<R>): Promise<R> {
    return this.#units.read(this.#table.changes, (workplace) => work(this.#at(workplace)))
  }

  #write<R>(work: (place: TableWorkplace) => R | PromiseLike<R>): Promise<R> {
    return this.#units.write(this.#table.changes, (workplace) => work(this.#at(workplace)))
  }

  #at(workplace: Workplace): TableWorkplace {
    const table = this.#table
    const variant = table.variantFor(workplace.decisions)
    return {
      ...workplace,
      variant,
      guarded: (command, query) => guardQuery(`${command} "${table.name}"`, query, () => table.transformsIn(variant)),
    }
  }

  #selection(variant: TableVariant, columns: Readonly<Record<string, true>> | undefined): TableVariant['selection'] {
    if (columns === undefined) return variant.selection
    const keys = Object.keys(columns)
    for (const key of keys) this.#table.assertKey(key)
    if (keys.length === 0) {
      throw failure('EC_QUERY_MISUSE', {
        problem: `A read of table "${this.#table.name}" named no column.`,
        advice: 'Leave `columns` out to read all of them, or name at least one.',
      })
    }
    return Object.fromEntries(keys.map((key) => [key, variant.selection[key]!]))
  }

  #required(where: ((table: PgTable) => SQL | undefined) | undefined, variant: TableVariant, verb: string): SQL {
    const predicate = where?.(variant.row)
    if (predicate !== undefined) return predicate
    throw failure('EC_QUERY_MISUSE', {
      problem: `The ${verb} of table "${this.#table.name}" has no predicate and would reach every row.`,
      advice: 'Return a condition from the last argument; for every row on purpose, `() => sql`true``.',
    })
  }
}

function lockConfig(locked: 'skip' | 'fail' | undefined) {
  if (locked === undefined) return {}
  return locked === 'skip' ? { skipLocked: true as const } : { noWait: true as const }
}
