import { type SQL, type SQLChunk, sql, WithSubquery } from 'drizzle-orm'
import type { PgColumn, PgDialect, PgTable } from 'drizzle-orm/pg-core'
import { failure } from '../errors/index.ts'
import { castType } from './cast-type.ts'
import { columnsOf } from './clone-table.ts'

/**
 * Expressions that several columns of a row share, and that the database has to evaluate once: `gen_random_uuid()`,
 * written twice into a statement, gives two values.
 *
 * Such an expression travels through Drizzle's builders as a marker, one object under several keys. The dialect of
 * `evaluatingDialect` builds the statement around it; any other dialect meets the chunk below and refuses.
 */
const evaluations = new WeakMap<object, { readonly expression: SQL; readonly type: SQL }>()

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

/** `expression` for two or more columns of one row, all of the type of `column`. */
export function evaluatedOnce(expression: SQL, column: PgColumn): SQL {
  const marker = sql`${refusal}`
  evaluations.set(marker, { expression, type: castType(column) })
  return marker
}

type Values = Readonly<Record<string, unknown>>
type InsertConfig = Parameters<PgDialect['buildInsertQuery']>[0]

/** The same dialect, which knows the markers of `evaluatedOnce`. */
export function evaluatingDialect(dialect: PgDialect): PgDialect {
  const overrides: Pick<PgDialect, 'buildUpdateSet' | 'buildInsertQuery'> = {
    buildUpdateSet: (table, set) => {
      if (!Object.values(set).some(isMarker)) return dialect.buildUpdateSet(table, set)
      const [plain, shared] = partition(set)
      const assignments = [dialect.buildUpdateSet(table, plain as typeof set)].filter(
        (sql) => sql.queryChunks.length > 0,
      )
      for (const [marker, keys] of shared) assignments.push(assignOnce(table, marker, keys))
      return sql.join(assignments, sql`, `)
    },
    buildInsertQuery: (config) => dialect.buildInsertQuery(config.select ? config : withEvaluations(config)),
  }
  return Object.assign(Object.create(dialect), overrides)
}

/** The entries without markers, and for each marker the keys under which it stands. */
function partition(set: Values): [plain: Values, shared: Map<object, string[]>] {
  const plain: Record<string, unknown> = {}
  const shared = new Map<object, string[]>()
  for (const [key, value] of Object.entries(set)) {
    if (isMarker(value)) shared.set(value, [...(shared.get(value) ?? []), key])
    else plain[key] = value
  }
  return [plain, shared]
}

function isMarker(value: unknown): value is object {
  return typeof value === 'object' && value !== null && evaluations.has(value)
}

/**
 * `("name", "full_name") = (select v, v from (select <expression> as v) … where "users".tableoid is not null)`.
 *
 * PostgreSQL does not flatten a subselect whose list holds a volatile function, so the expression runs once for both
 * columns. The condition, which is always true, ties the subselect to the row that is updated: without such a tie it
 * would run once for the whole statement, and every row would get the same value.
 */
function assignOnce(table: PgTable, marker: object, keys: readonly string[]): SQL {
  const columns = columnsOf(table)
  const { expression, type } = evaluations.get(marker)!
  const value = sql.identifier('value')
  const targets = list(keys.map((key) => sql.identifier(columns[key]!.name)))
  const values = list(keys.map(() => value))
  const evaluated = sql`(select cast(${expression} as ${type}) as ${value}) ${sql.identifier('evaluated')}`
  return sql`(${targets}) = (select ${values} from ${evaluated} where ${table}.tableoid is not null)`
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
  const references = new Map<object, SQL>()
  for (const row of rows) {
    for (const value of Object.values(row)) {
      if (!isMarker(value) || references.has(value)) continue
      const { expression, type } = evaluations.get(value)!
      const place = placeOf(expressions.length)
      expressions.push(sql`cast(${expression} as ${type}) as ${place.column}`)
      references.set(value, sql`(select ${place.column} from ${place.query})`)
    }
  }
  if (expressions.length === 0) return config
  const values = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [key, isMarker(value) ? references.get(value) : value]),
    ),
  )
  return {
    ...config,
    values: values as unknown as InsertConfig['values'],
    withList: [...(config.withList ?? []), ...queriesOf(expressions)],
  }
}

function placeOf(index: number) {
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
