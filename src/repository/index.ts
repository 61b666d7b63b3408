import type { PgTable, PgTransactionConfig } from 'drizzle-orm/pg-core'
import type { Changes } from '../change/change.ts'
import { collectChanges } from '../change/collect.ts'
import { casingOf } from '../drizzle/casing.ts'
import type { AnyDatabase } from '../drizzle/unit-database.ts'
import type { FlagContext } from '../flags/port.ts'
import { type QueryScope, SchemaQueries } from './query.ts'
import { guardTransaction, guardWork } from './query-failed.ts'
import type { Repository } from './repository.ts'
import { type Resolved, resolveTable } from './resolve.ts'
import { SchemaTables } from './schema-tables.ts'
import { TableRepository } from './table-repository.ts'
import type { ChangesFor } from './types.ts'
import type { Decider, UnitObserver } from './unit-of-work.ts'
import { type RunOptions, Units } from './units.ts'

export type { PinnedPhase } from './pinned-phases.ts'
export type { QueryDatabase, QueryScope } from './query.ts'
export type { FindManyOptions, FindOptions, LockStrength, Repository, UpsertOptions } from './repository.ts'
export type { Resolved } from './resolve.ts'
export type {
  ChangesFor,
  LogicalKey,
  LogicalTable,
  LogicalTables,
  NewRow,
  Row,
  RowPatch,
  Source,
} from './types.ts'
export type { Decider, Decision, UnitObserver, UnitOfWork } from './unit-of-work.ts'
export type { RunOptions } from './units.ts'

/** A Drizzle database of any PostgreSQL driver. */
export interface DrizzleDatabase {
  transaction(...given: never[]): Promise<unknown>
}

/** The transaction that a database hands to a callback. */
export type TransactionOf<Db extends DrizzleDatabase> = Parameters<Db['transaction']>[0] extends (
  tx: infer Tx,
) => unknown
  ? Tx
  : never

/** Access to the tables of a schema in the new shape, whatever the phases of their changes. */
export interface Repositories<Schema, Cs extends Changes, Db extends DrizzleDatabase> {
  /**
   * The repository of a table; one without changes has the same methods. It holds no state: make it where you like.
   *
   * @throws ExpandContractError EC_TABLE_UNKNOWN for a table that the schema does not export.
   */
  repository<T extends PgTable>(table: T): Repository<T, ChangesFor<Cs, T>>

  /**
   * Everything that Drizzle can read, over all tables of the schema at once and under one decision: joins, common table
   * expressions, aggregates, aliases, relational queries.
   *
   * The callback gets the tables under their export keys, in the new shape, and `db`. It may return a query or do
   * several things in turn. Changed tables are written through their repositories, also in here.
   *
   * ```ts
   * const names = await toolkit.query(({ users, posts, db }) =>
   *   db.select({ author: users.fullName, title: posts.title }).from(posts).innerJoin(users, eq(users.id, posts.authorId)),
   * )
   * ```
   *
   * @throws ExpandContractError EC_NOT_STARTED, EC_VIEW_STALE, EC_TRANSACTION_ENDED, EC_QUERY_FAILED. What the callback
   *   itself throws passes as it is.
   */
  query<R>(build: (scope: QueryScope<Schema, Cs, Db>) => R | PromiseLike<R>): Promise<Awaited<R>>

  /**
   * Runs a unit of work: what it reads and writes of a change is decided once, at the first use, and stays so until it
   * ends, also in the calls and transactions that it starts. A `run` inside another one joins it, and the context of the
   * outer one counts.
   *
   * @param context what the flag service is told, with the key that makes its answers stick (`userId` by default).
   * @throws ExpandContractError EC_VIEW_STALE, EC_TRANSACTION_ENDED, and EC_QUERY_FAILED in place of a driver's error,
   *   which may hold values. What `work` itself throws passes as it is.
   */
  run<R>(context: FlagContext, work: () => R | PromiseLike<R>, options?: RunOptions): Promise<R>

  /**
   * Runs a transaction, as one unit of work. Repositories inside join it. Inside another transaction it is a savepoint,
   * which takes no configuration.
   *
   * @param context as in `run`; of no effect inside a unit of work.
   * @throws ExpandContractError EC_VIEW_STALE, EC_TRANSACTION_ENDED, EC_QUERY_MISUSE where a savepoint is given a
   *   configuration, and EC_QUERY_FAILED where BEGIN or COMMIT fails or in place of a driver's error. What `work` itself
   *   throws passes as it is, after a rollback.
   */
  transaction<R>(work: (tx: TransactionOf<Db>) => Promise<R>, config?: PgTransactionConfig): Promise<R>
  transaction<R>(
    context: FlagContext,
    work: (tx: TransactionOf<Db>) => Promise<R>,
    config?: PgTransactionConfig,
  ): Promise<R>

  /**
   * A table as the unit of work around the caller sees it, for services that keep the repositories they have.
   *
   * @throws ExpandContractError EC_OUTSIDE_UNIT outside `run` and `transaction`, EC_OUTSIDE_TRANSACTION outside
   *   `transaction` for a table with a change of `sync: 'none'`, EC_PHASE_MOVED, EC_TABLE_UNKNOWN, EC_NOT_STARTED,
   *   EC_VIEW_STALE, EC_TRANSACTION_ENDED. What it returns throws EC_ROW_KEY from `values` and `set`.
   */
  resolve<T extends PgTable>(table: T): Resolved<T, ChangesFor<Cs, T>, Db>
}

/** What repositories are made of. */
export interface RepositoriesOptions<Schema, Cs, Db> {
  readonly db: Db
  /** The schema module (`import * as schema`): tables, and `relations()` for relational queries. */
  readonly schema: Schema
  readonly changes: Cs
  readonly decider: Decider
  readonly observer?: UnitObserver
}

/**
 * @throws EC_TABLE_UNKNOWN where a change is about a table that the schema does not export; EC_CHANGE_ID_TAKEN and
 *   EC_OVERLAPPING_CHANGES where changes contradict each other.
 */
export function createRepositories<Schema extends object, Cs extends Changes, Db extends DrizzleDatabase>(
  options: RepositoriesOptions<Schema, Cs, Db>,
): Repositories<Schema, Cs, Db> {
  const database = options.db as unknown as AnyDatabase
  const changes = collectChanges(options.changes)
  const tables = new SchemaTables(options.schema, changes, casingOf(database))
  const units = new Units(database, changes, options.decider, options.observer)
  const queries = new SchemaQueries(database, options.schema, tables, units)

  const transaction = (...given: TransactionArguments) => {
    const [context, work, config] = isWithContext(given) ? given : [undefined, ...given]
    return guardTransaction((observed) => units.transaction(context, observed, config), work)
  }

  const repositories = {
    repository: (table: PgTable) => new TableRepository(tables.get(table), units),
    query: (build: (scope: object) => unknown) => queries.query(build),
    run: (context: FlagContext | undefined, work: () => unknown, runOptions?: RunOptions) =>
      guardWork('run', () => units.run(context, work, runOptions)),
    transaction,
    resolve: (table: PgTable) => resolveTable(tables.get(table), units),
  }
  // The types speak of rows by their keys, the code of values under any key; they meet here and nowhere else.
  return repositories as unknown as Repositories<Schema, Cs, Db>
}

type Work = (tx: AnyDatabase) => Promise<unknown>
type WithContext = [context: FlagContext | undefined, work: Work, config?: PgTransactionConfig]
type TransactionArguments = WithContext | [work: Work, config?: PgTransactionConfig]

function isWithContext(given: TransactionArguments): given is WithContext {
  return typeof given[0] !== 'function'
}
