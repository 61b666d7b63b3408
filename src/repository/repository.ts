import type { PgTable } from 'drizzle-orm/pg-core'
import type { Simplify } from '../change/types.ts'
import type { LogicalKey, NewRow, OrderBy, Predicate, Row, RowPatch, Source, Where } from './types.ts'

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
