import type { ExtractTablesWithRelations } from 'drizzle-orm'
import type { PgDatabase, PgQueryResultHKT, PgTable } from 'drizzle-orm/pg-core'
import { type RelationalConfig, relationalConfig, relationalQueries } from '../drizzle/relational-queries.ts'
import type { AnyDatabase } from '../drizzle/unit-database.ts'
import { guardWork } from './query-failed.ts'
import type { SchemaTables } from './schema-tables.ts'
import type { ChangesFor, LogicalTable, LogicalTables } from './types.ts'
import type { Decisions } from './unit-of-work.ts'
import type { Units } from './units.ts'

/** A schema module in the new shape, relations included: what `db.query` speaks. */
type LogicalSchema<Schema, Cs> = {
  [K in keyof Schema]: Schema[K] extends PgTable ? LogicalTable<Schema[K], ChangesFor<Cs, Schema[K]>> : Schema[K]
}

type RelationalQueries<Schema, Cs> = PgDatabase<
  PgQueryResultHKT,
  LogicalSchema<Schema, Cs> & Record<string, unknown>,
  ExtractTablesWithRelations<LogicalSchema<Schema, Cs> & Record<string, unknown>>
>['query']

/** The database inside `query`: the one given to the toolkit, whose relational queries speak the new shape. */
export type QueryDatabase<Schema, Cs, Db> = Omit<Db, 'query' | '_'> & {
  readonly query: RelationalQueries<Schema, Cs>
}

/** What the callback of `query` gets: the tables under their export keys, and `db`. */
export type QueryScope<Schema, Cs, Db> = LogicalTables<Schema, Cs> & { readonly db: QueryDatabase<Schema, Cs, Db> }

interface View {
  readonly tables: Readonly<Record<string, PgTable>>
  readonly relations: RelationalConfig
  readonly transforms: readonly string[]
}

/** Runs queries over all tables of the schema, under one decision. */
export class SchemaQueries {
  readonly #root: AnyDatabase
  readonly #schema: Readonly<Record<string, unknown>>
  readonly #tables: SchemaTables
  readonly #units: Units
  /** By combination of sides: made once, then only read. */
  readonly #views = new Map<string, View>()

  constructor(root: AnyDatabase, schema: object, tables: SchemaTables, units: Units) {
    this.#root = root
    this.#schema = schema as Readonly<Record<string, unknown>>
    this.#tables = tables
    this.#units = units
  }

  async query<R>(build: (scope: object) => R | PromiseLike<R>): Promise<R> {
    return await this.#units.enclose(({ decisions, database }) => {
      const { tables, relations, transforms } = this.#viewFor(decisions)
      const db = this.#withRelations(database, relations)
      return guardWork(
        'query',
        () => build({ ...tables, db }),
        () => transforms,
      )
    })
  }

  #viewFor(decisions: Decisions): View {
    const combination = this.#tables.combinationFor(decisions)
    let view = this.#views.get(combination)
    if (view === undefined) {
      view = {
        tables: this.#tables.sourcesFor(decisions),
        transforms: this.#tables.transformsIn(decisions),
        relations: relationalConfig(this.#root, this.#schema, this.#tables.relatedFor(decisions)),
      }
      this.#views.set(combination, view)
    }
    return view
  }

  #withRelations(database: AnyDatabase, relations: RelationalConfig): AnyDatabase {
    let queries: object | undefined
    return Object.create(database, {
      query: {
        get: () => {
          queries ??= relationalQueries(this.#root, database, relations)
          return queries
        },
      },
    })
  }
}
