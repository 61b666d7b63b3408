import { type SQL, type SQLChunk, sql, WithSubquery } from 'drizzle-orm'
import type { PgDialect, PgTable } from 'drizzle-orm/pg-core'
import { failure } from '../errors/index.ts'
import { columnsOf } from './clone-table.ts'

/** An expression that several columns of a row are computed from, and that the database has to evaluate once. */
export interface SharedExpression {
  readonly expression: SQL
  readonly type: SQL
}

/** Where a statement has the value of an expression that was evaluated once. */
export type PlaceOf = (shared: SharedExpression) => SQL

interface Computation {
  readonly shared: readonly SharedExpression[]
  readonly build: (placeOf: PlaceOf) => SQL
}

/**
 * What columns of a row are computed from shared expressions: `gen_random_uuid()`, written twice into a statement, gives
 * two values.
 *
 * Such a value travels through Drizzle's builders as a marker. The dialect of `evaluatingDialect` builds the statement
 * around it; any other dialect meets the chunk below and refuses.
 */
const computations = new WeakMap<object, Computation>()

const refusal = {
  getSQL(): SQL {
    throw failure('EC_QUERY_MISUSE', {
      problem:
        'A statement of your own gives an SQL expression to a column that is written on both sides of a change, and would evaluate it twice.',
      advice:
        'Build the statement with the `db` that resolve() returns beside `into`, or write through the repository; both evaluate it once.',
    })
  },
}

/** A value for one column of a row; columns that name the same shared expression get the same value of it. */
export function computedFrom(shared: readonly SharedExpression[], build: (placeOf: PlaceOf) => SQL): SQL {
  const marker = sql`${refusal}`
  computations.set(marker, { shared, build })
  return marker
}

type Values = Readonly<Record<string, unknown>>
type InsertConfig = Parameters<PgDialect['buildInsertQuery']>[0]

/** The same dialect, which knows the markers of `computedFrom`. */
export function evaluatingDialect(dialect: PgDialect): PgDialect {
  const overrides: Pick<PgDialect, 'buildUpdateSet' | 'buildInsertQuery'> = {
    buildUpdateSet: (table, set) => {
      if (!Object.values(set).some(isComputed)) return dialect.buildUpdateSet(table, set)
      const [plain, computed] = partition(set)
      const assignments = [dialect.buildUpdateSet(table, plain as typeof set)].filter(
        (sql) => sql.queryChunks.length > 0,
      )
      return sql.join([...assignments, assignComputed(table, computed)], sql`, `)
    },
    buildInsertQuery: (config) => dialect.buildInsertQuery(config.select ? config : withEvaluations(config)),
  }
  return Object.assign(Object.create(dialect), overrides)
}

/** The entries without markers, and the computations by key. */
function partition(set: Values): [plain: Values, computed: ReadonlyMap<string, Computation>] {
  const plain: Record<string, unknown> = {}
  const computed = new Map<string, Computation>()
  for (const [key, value] of Object.entries(set)) {
    if (isComputed(value)) computed.set(key, computations.get(value)!)
    else plain[key] = value
  }
  return [plain, computed]
}

function isComputed(value: unknown): value is object {
  return typeof value === 'object' && value !== null && computations.has(value)
}

/**
 * `("name", "full_name") = (select v, v from (select <expression> as v) … where "users".tableoid is not null)`.
 *
 * PostgreSQL does not flatten a subselect whose list holds a volatile function, so each expression runs once for all
 * columns. The condition, which is always true, ties the subselect to the row that is updated: without such a tie it
 * would run once for the whole statement, and every row would get the same value.
 */
function assignComputed(table: PgTable, computed: ReadonlyMap<string, Computation>): SQL {
  const columns = columnsOf(table)
  const expressions = [...new Set([...computed.values()].flatMap(({ shared }) => shared))]
  const nameOf = (shared: SharedExpression) => sql.identifier(`value${expressions.indexOf(shared)}`)
  const targets = list([...computed.keys()].map((key) => sql.identifier(columns[key]!.name)))
  const values = list([...computed.values()].map(({ build }) => build((shared) => sql`${nameOf(shared)}`)))
  const evaluations = list(expressions.map((shared) => sql`${evaluation(shared)} as ${nameOf(shared)}`))
  const evaluated = sql`(select ${evaluations}) ${sql.identifier('evaluated')}`
  return sql`(${targets}) = (select ${values} from ${evaluated} where ${table}.tableoid is not null)`
}

function evaluation({ expression, type }: SharedExpression): SQL {
  return sql`cast(${expression} as ${type})`
}

function list(chunks: readonly SQLChunk[]): SQL {
  return sql.join([...chunks], sql`, `)
}

/** How many expressions one common table expression holds: below PostgreSQL's limit of 1,664, and cheap to read from. */
const expressionsPerQuery = 100

/**
 * An insert's expressions move to `with "~evaluated0" as (select …)` and the columns read them from there. PostgreSQL
 * evaluates a common table expression that is named twice exactly once. DEFAULT stays possible in the other columns.
 */
function withEvaluations(config: InsertConfig): InsertConfig {
  const rows = config.values as unknown as readonly Values[]
  const expressions: SQL[] = []
  const values = rows.map((row) => {
    const [plain, computed] = partition(row)
    if (computed.size === 0) return row
    // Each row evaluates on its own, also where rows were given one and the same expression.
    const places = new Map<SharedExpression, SQL>()
    const placeOf: PlaceOf = (shared) => {
      const known = places.get(shared)
      if (known !== undefined) return known
      const { column, query } = placeAt(expressions.length)
      expressions.push(sql`${evaluation(shared)} as ${column}`)
      const place = sql`(select ${column} from ${query})`
      places.set(shared, place)
      return place
    }
    return { ...plain, ...Object.fromEntries([...computed].map(([key, { build }]) => [key, build(placeOf)])) }
  })
  if (expressions.length === 0) return config
  return {
    ...config,
    values: values as unknown as InsertConfig['values'],
    withList: [...(config.withList ?? []), ...queriesOf(expressions)],
  }
}

function placeAt(index: number) {
  return {
    column: sql.identifier(`value${index % expressionsPerQuery}`),
    query: sql.identifier(queryName(Math.floor(index / expressionsPerQuery))),
  }
}

const queryName = (index: number): string => `~evaluated${index}`

function queriesOf(expressions: readonly SQL[]): WithSubquery[] {
  const queries: WithSubquery[] = []
  for (let start = 0; start < expressions.length; start += expressionsPerQuery) {
    const values = list(expressions.slice(start, start + expressionsPerQuery))
    queries.push(new WithSubquery(sql`select ${values}`, {}, queryName(queries.length), true))
  }
  return queries
}
