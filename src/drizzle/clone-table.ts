import { getTableColumns, is, SQL } from 'drizzle-orm'
import type { AnyPgColumn, PgColumn, PgTable } from 'drizzle-orm/pg-core'

/** Columns of a table by TypeScript key. */
export type Columns = Readonly<Record<string, PgColumn>>

/** What a statement may select, by key: a column, or an expression that decodes like one. */
export type Fields = Readonly<Record<string, PgColumn | SQL>>

export function columnsOf(table: PgTable): Columns {
  return getTableColumns(table) as Columns
}

const columnsSymbol = Symbol.for('drizzle:Columns')
/** Drizzle 1.0 keeps here how it calls a table, made of its name and schema when it is first asked for. */
const qualifierSymbol = Symbol.for('drizzle:Qualifier')

/** What a cloned column has different from the one it is cloned from. */
export type ColumnOverrides = Partial<
  Pick<PgColumn, 'name' | 'keyAsName' | 'default' | 'defaultFn' | 'onUpdateFn' | 'hasDefault' | 'mapToDriverValue'>
>

/** A column of another table, or with other properties; the original stays as it is. */
export function cloneColumn(column: PgColumn, overrides: ColumnOverrides & { readonly table?: PgTable }): PgColumn {
  const clone = Object.create(Object.getPrototypeOf(column), Object.getOwnPropertyDescriptors(column))
  return Object.assign(clone, overrides)
}

/**
 * A clone of a table with exactly these columns under these keys. Its name, schema and everything else that Drizzle
 * keeps of a table stay, so that it can stand for the original in every query.
 */
export function cloneTable(table: PgTable, columns: Columns): PgTable {
  const source = table as unknown as Record<symbol, unknown>
  const clone: Record<symbol | string, unknown> = Object.create(Object.getPrototypeOf(table))
  for (const symbol of Object.getOwnPropertySymbols(table)) {
    if (symbol !== qualifierSymbol) clone[symbol] = source[symbol]
  }
  const own: Record<string, AnyPgColumn> = {}
  for (const [key, column] of Object.entries(columns)) {
    own[key] = cloneColumn(column, { table: clone as unknown as PgTable })
  }
  clone[columnsSymbol] = own
  return Object.assign(clone, own) as unknown as PgTable
}

/** A clone of a table some of whose keys are expressions. */
export function withFields(table: PgTable, fields: Fields): PgTable {
  const [columns, expressions]: [Record<string, PgColumn>, Record<string, SQL>] = [{}, {}]
  for (const [key, field] of Object.entries(fields)) {
    if (is(field, SQL)) expressions[key] = field
    else columns[key] = field
  }
  const clone = cloneTable(table, columns)
  Object.assign(columnsOf(clone), expressions)
  return Object.assign(clone, expressions)
}
