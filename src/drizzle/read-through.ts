import { Column, getTableName, is, SQL, type SQLChunk, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { failure } from '../errors/index.ts'
import { boundedName } from '../sql/identifier.ts'
import { cloneColumn, cloneTable, type Fields, withFields } from './clone-table.ts'
import { filledWith, sqlText, type Template } from './sql-template.ts'

/**
 * Reading new keys while their values are in old columns: a statement reads from
 *
 * ```sql
 * from (select "id", CAST(round(("balance") * 100) AS bigint) as "~balance_cents" from "accounts") "accounts"
 * ```
 *
 * where it would read from the table. PostgreSQL flattens that, with FOR UPDATE too, and to Drizzle each key is a column
 * like any other: it can be grouped by, joined, aliased, and read by relational queries.
 */
export interface ComputedKey {
  /** The declared column of the key, whose type it has. */
  readonly column: PgColumn
  readonly template: Template
  /** The columns that hold the operands. */
  readonly operands: readonly PgColumn[]
}

/** Names in the database that no column has: a statement that names the key without reading through fails. */
const computedName = (name: string): string => boundedName('~', name)

/** Marks computed columns, and the tables that have some. */
const computed: unique symbol = Symbol.for('drizzle-expand-contract:computed')

const symbols = {
  schema: Symbol.for('drizzle:Schema'),
  originalName: Symbol.for('drizzle:OriginalName'),
  isAlias: Symbol.for('drizzle:IsAlias'),
}

/**
 * A table to read from, with these columns and computed keys.
 *
 * It poses as an alias, since Drizzle then writes its original name into FROM and nowhere else, for all aliases of it too.
 * That name is the query; `escapeNameOrQuery` writes it. Any other dialect asks for a table of the name that it shows.
 */
export function tableReadThrough(
  table: PgTable,
  fields: readonly (readonly [key: string, field: PgColumn | ComputedKey])[],
): PgTable {
  const columns: Record<string, PgColumn> = {}
  const selected: SQLChunk[] = []
  for (const [key, field] of fields) {
    const isComputed = 'template' in field
    const name = isComputed ? computedName(field.column.name) : field.name
    columns[key] = isComputed ? Object.assign(cloneColumn(field.column, { name }), { [computed]: true }) : field
    selected.push(isComputed ? sql`${expressionOf(field, unqualified)} as ${sql.identifier(name)}` : unqualified(field))
  }
  return Object.assign(cloneTable(table, columns), {
    [symbols.schema]: undefined,
    [symbols.originalName]: new QueryName(
      boundedName('', getTableName(table), ' (read it with the db of the toolkit)'),
      sqlText(sql`(select ${sql.join(selected, sql`, `)} from ${table})`),
    ),
    [symbols.isAlias]: true,
    [computed]: true,
  })
}

/**
 * The row of a table that a write finds, some of whose keys are expressions over it: for predicates, and nothing to read
 * from. An alias of it would have expressions over the table itself.
 */
export function rowReadThrough(table: PgTable, fields: Fields): PgTable {
  const row = withFields(table, fields)
  const get = (): never => {
    throw failure('EC_QUERY_MISUSE', {
      problem: `A query reads from the row of table "${getTableName(table)}" that a write finds, or from an alias of it.`,
      advice: 'Read from the table that query() gives for it, or from `from` of resolve(table).',
    })
  }
  return Object.defineProperty(row, symbols.originalName, { get })
}

/** True for such a table, and for an alias of it. */
export function isReadThrough(table: PgTable): boolean {
  return computed in table
}

/** What FROM has for such a table, where Drizzle would write its name alone. */
export function fromClause(table: PgTable): SQL {
  return sql`${sql.identifier(insides(table)[symbols.originalName] as string)} ${sql.identifier(getTableName(table))}`
}

/** True where an expression names a computed key of a table, other than in a query of its own. */
export function refersThrough(table: PgTable, expression: SQL): boolean {
  return expression.queryChunks.some((chunk) => {
    if (is(chunk, SQL)) return refersThrough(table, chunk)
    return is(chunk, Column) && computed in chunk && getTableName(chunk.table) === getTableName(table)
  })
}

function insides(table: PgTable): Readonly<Record<symbol, unknown>> {
  return table as unknown as Readonly<Record<symbol, unknown>>
}

const unqualified = (column: PgColumn): SQLChunk => sql.identifier(column.name)

/** A name that stands for a query. No text that a caller gives can be one. */
class QueryName extends String {
  readonly query: string
  constructor(name: string, query: string) {
    super(name)
    this.query = query
  }
}

/** Drizzle's `escapeName` for a dialect that reads through changes. */
export function escapeNameOrQuery(escapeName: (name: string) => string): (name: string) => string {
  return (name: unknown) => (name instanceof QueryName ? name.query : escapeName(name as string))
}

/** The value of a computed key as SQL over the columns of a table that is there, itself or as `excluded`. */
export function expressionOf(
  { template, operands }: ComputedKey,
  named: (column: PgColumn) => SQLChunk = (column) => column,
): SQL {
  return filledWith(template, operands.map(named))
}

/** An expression that decodes like a column, and encodes what it is compared with like it. */
export function decodedLike(column: PgColumn, expression: SQL): SQL {
  return Object.assign(expression.mapWith(column), {
    mapToDriverValue: (value: unknown) => column.mapToDriverValue(value) as unknown,
  })
}
