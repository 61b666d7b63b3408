import type { SQL } from 'drizzle-orm'
import {
  type PgDatabase,
  type PgQueryResultHKT,
  type PgTable,
  type PgTransactionConfig,
  QueryBuilder,
} from 'drizzle-orm/pg-core'
import { failure } from '../errors/index.ts'
import { evaluatingDialect } from './evaluate-once.ts'
import { physicalTable } from './physical-table.ts'
import { escapeNameOrQuery, fromClause, isReadThrough, refersThrough } from './read-through.ts'
import { declaredTable } from './variant-table.ts'

/** A Drizzle database or transaction of any PostgreSQL driver, with the query builders that all of them share. */
export type AnyDatabase = PgDatabase<PgQueryResultHKT, Record<string, unknown>>
type Dialect = Parameters<typeof evaluatingDialect>[0]
/** What Drizzle keeps in a database and does not declare. */
type Insides = AnyDatabase & {
  readonly dialect: Dialect
  readonly $primary?: AnyDatabase
  /** Any of the replicas, in Drizzle 1.0. */
  readonly $replica?: AnyDatabase
}

const unitDatabases = new WeakMap<object, AnyDatabase>()

/**
 * The same database (same session, same logger, same everything), whose statements evaluate once what goes to both
 * sides of a change, read new keys where their values are, and do not write through a table that was made for reading.
 * Made once for each database.
 */
export function unitDatabase(database: AnyDatabase): AnyDatabase {
  const known = unitDatabases.get(database)
  if (known !== undefined) return known
  // With read replicas, Drizzle hides the database that writes behind closures. What begins with WITH may write, too.
  const primary = ((database as Insides).$primary ?? database) as Insides
  const dialect = unitDialect(primary.dialect)
  const writer: AnyDatabase = Object.create(primary, { dialect: { value: dialect } })
  /** Whatever replica it belongs to, a builder writes its statement by the dialect of the unit. */
  const speaking = <B extends object>(builder: B): B => Object.assign(builder, { dialect })
  const unit: AnyDatabase = Object.create(database, {
    dialect: { value: dialect },
    select: { value: (...given: Parameters<AnyDatabase['select']>) => speaking(database.select(...given)) },
    selectDistinct: {
      value: (...given: Parameters<AnyDatabase['selectDistinct']>) => speaking(database.selectDistinct(...given)),
    },
    selectDistinctOn: {
      value: (...given: Parameters<AnyDatabase['selectDistinctOn']>) => speaking(database.selectDistinctOn(...given)),
    },
    $count: { value: (source: PgTable, ...rest: [never?]) => counting(database, dialect, source, rest) },
    $with: { value: (...given: Parameters<AnyDatabase['$with']>) => withQuery(database, dialect, given) },
    $replica: {
      get() {
        const { $replica } = database as Insides
        return $replica === undefined ? undefined : unitDatabase($replica)
      },
    },
    insert: { value: writer.insert.bind(writer) },
    update: { value: writer.update.bind(writer) },
    delete: { value: writer.delete.bind(writer) },
    with: { value: writer.with.bind(writer) },
    transaction: {
      value: (work: (tx: AnyDatabase) => Promise<unknown>, config?: PgTransactionConfig) =>
        database.transaction((tx) => work(unitDatabase(tx)), config),
    },
  })
  unitDatabases.set(database, unit)
  return unit
}

/** Drizzle 0.45 builds the query of `$count` by the dialect of its session, and names the table where FROM needs more. */
function counting(database: AnyDatabase, dialect: Dialect, source: PgTable, rest: [never?]): object {
  const builder = database.$count(isReadThrough(source) ? fromClause(source) : source, ...rest)
  const { session } = builder as unknown as { readonly session?: object }
  return Object.assign(builder, {
    dialect,
    ...(session === undefined ? {} : { session: Object.create(session, { dialect: { value: dialect } }) }),
  })
}

type With = AnyDatabase['$with']
type BuildsQuery = (builder: QueryBuilder) => never

/** A callback of `$with` gets a builder of the database that `$with` was made with. */
function withQuery(database: AnyDatabase, dialect: Dialect, given: Parameters<With>): ReturnType<With> {
  const made = database.$with(...given)
  const as = (query: BuildsQuery | never) =>
    made.as(typeof query === 'function' ? query(new QueryBuilder(dialect)) : query)
  return { as }
}

function unitDialect(dialect: Dialect): Dialect {
  const evaluating = evaluatingDialect(dialect)
  const overrides: Pick<Dialect, 'buildInsertQuery' | 'buildUpdateQuery' | 'buildDeleteQuery' | 'escapeName'> = {
    escapeName: escapeNameOrQuery((name) => dialect.escapeName(name)),
    buildInsertQuery: (config) => {
      refuseReadOnly(config.table)
      return evaluating.buildInsertQuery(config)
    },
    buildUpdateQuery(config) {
      refuseReadOnly(config.table)
      refuseReadThrough(config.table, config.where)
      return evaluating.buildUpdateQuery.call(this, config)
    },
    buildDeleteQuery(config) {
      if (isReadThrough(config.table)) refuseReadOnly(config.table)
      refuseReadThrough(config.table, config.where)
      return evaluating.buildDeleteQuery.call(this, config)
    },
  }
  return Object.assign(Object.create(evaluating), overrides)
}

function refuseReadOnly(table: PgTable): void {
  if (declaredTable(table) === undefined) return
  throw failure('EC_QUERY_MISUSE', {
    problem: `A statement of query() writes to table "${physicalTable(table).name}", which is under change; it would reach one side only.`,
    advice:
      'Write through repository(table) inside the callback (it joins the same unit of work), or build the statement with resolve(table).',
  })
}

/** A statement finds rows of the table itself, where new keys whose values are in old columns have none. */
function refuseReadThrough(table: PgTable, where: SQL | undefined): void {
  if (where === undefined || !refersThrough(table, where)) return
  throw failure('EC_QUERY_MISUSE', {
    problem: `A statement that writes to table "${physicalTable(table).name}" chooses its rows by a key of \`from\`, which is for reading.`,
    advice: 'Take the key from `row` of resolve(table) instead: `where(eq(u.row.key, …))`.',
  })
}
