import type { PgDatabase, PgQueryResultHKT, PgTransactionConfig } from 'drizzle-orm/pg-core'
import { failure } from '../errors/index.ts'
import { evaluatingDialect } from './evaluate-once.ts'
import { physicalTable } from './physical-table.ts'
import { escapeNameOrQuery } from './read-through.ts'
import { declaredTable } from './variant-table.ts'

/** A Drizzle database or transaction of any PostgreSQL driver, with the query builders that all of them share. */
export type AnyDatabase = PgDatabase<PgQueryResultHKT, Record<string, unknown>>
type Dialect = Parameters<typeof evaluatingDialect>[0]
/** What Drizzle keeps in a database and does not declare. */
type Insides = AnyDatabase & { readonly dialect: Dialect; readonly $primary?: AnyDatabase }

const unitDatabases = new WeakMap<object, AnyDatabase>()

/**
 * The same database (same session, same logger, same everything), whose statements evaluate once what goes to both
 * sides of a change, and do not write through a table that was made for reading. Made once for each database.
 */
export function unitDatabase(database: AnyDatabase): AnyDatabase {
  const known = unitDatabases.get(database)
  if (known !== undefined) return known
  // With read replicas, Drizzle hides the database that writes behind closures. What begins with WITH may write, too.
  const primary = ((database as Insides).$primary ?? database) as Insides
  const writer: AnyDatabase = Object.create(primary, { dialect: { value: unitDialect(primary.dialect) } })
  const unit: AnyDatabase = Object.create(database, {
    dialect: { value: (writer as Insides).dialect },
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

function unitDialect(dialect: Dialect): Dialect {
  const evaluating = evaluatingDialect(dialect)
  const overrides: Pick<Dialect, 'buildInsertQuery' | 'buildUpdateQuery' | 'escapeName'> = {
    escapeName: escapeNameOrQuery((name) => dialect.escapeName(name)),
    buildInsertQuery: (config) => {
      refuseReadOnly(config.table)
      return evaluating.buildInsertQuery(config)
    },
    buildUpdateQuery(config) {
      refuseReadOnly(config.table)
      return evaluating.buildUpdateQuery.call(this, config)
    },
  }
  return Object.assign(Object.create(evaluating), overrides)
}

function refuseReadOnly(table: Parameters<typeof physicalTable>[0]): void {
  if (declaredTable(table) === undefined) return
  throw failure('EC_QUERY_MISUSE', {
    problem: `A statement of query() writes to table "${physicalTable(table).name}", which is under change; it would reach one side only.`,
    advice:
      'Write through repository(table) inside the callback (it joins the same unit of work), or build the statement with resolve(table).',
  })
}
