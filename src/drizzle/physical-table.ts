import { getTableColumns, is } from 'drizzle-orm'
import { toCamelCase, toSnakeCase } from 'drizzle-orm/casing'
import { getTableConfig, type PgColumn, PgTable } from 'drizzle-orm/pg-core'

/** Drizzle 0.45's `casing` option, which names columns declared without a name. Drizzle 1.0 names them when it builds the table. */
export type Casing = 'snake_case' | 'camelCase'

/** A column as the database knows it, found by its TypeScript key. */
export interface PhysicalColumn {
  readonly key: string
  readonly name: string
  /** As Drizzle writes it in DDL, for example `varchar(20)`. */
  readonly sqlType: string
  readonly notNull: boolean
  /** In the primary key, alone or with others. */
  readonly isPrimary: boolean
  /** Generated or identity: the database makes its value. */
  readonly isGenerated: boolean
  /** Drizzle's own column, for what else is needed of it. */
  readonly column: PgColumn
}

/** A table as the database knows it: names with the casing applied, columns by TypeScript key. */
export interface PhysicalTable {
  /** `public` where the Drizzle table names no schema. */
  readonly schema: string
  readonly name: string
  readonly columns: ReadonlyMap<string, PhysicalColumn>
  /** In key order; empty where the Drizzle table declares no primary key. */
  readonly primaryKey: readonly PhysicalColumn[]
}

/** As Drizzle writes it in DDL. Drizzle 1.0 keeps the dimensions of an array beside its element's type. */
function sqlType(column: PgColumn): string {
  const { dimensions = 0 } = column as PgColumn & { readonly dimensions?: number }
  return `${column.getSQLType()}${'[]'.repeat(dimensions)}`
}

/** The physical name of a column: what DDL and queries call it. */
export function columnName(column: PgColumn, casing?: Casing): string {
  if (!column.keyAsName || casing === undefined) return column.name
  return casing === 'snake_case' ? toSnakeCase(column.name) : toCamelCase(column.name)
}

/** Tables are matched by schema and name, never by object identity: a clone or a second import is the same table. */
export function tableIdentity(table: PgTable): string {
  const { schema, name } = getTableConfig(table)
  return JSON.stringify([schema ?? 'public', name])
}

export function physicalTable(table: PgTable, casing?: Casing): PhysicalTable {
  const { schema, name, primaryKeys } = getTableConfig(table)
  const composite = primaryKeys[0]?.columns.map((column) => column.name)
  const columns = new Map<string, PhysicalColumn>()
  for (const [key, column] of Object.entries(getTableColumns(table) as Record<string, PgColumn>)) {
    columns.set(key, {
      key,
      name: columnName(column, casing),
      sqlType: sqlType(column),
      notNull: column.notNull,
      isPrimary: column.primary || (composite?.includes(column.name) ?? false),
      isGenerated: column.generated !== undefined || column.generatedIdentity !== undefined,
      column,
    })
  }
  const all = [...columns.values()]
  const primaryKey =
    composite === undefined
      ? all.filter((column) => column.isPrimary)
      : composite.flatMap((keyName) => all.filter(({ column }) => column.name === keyName))
  return { schema: schema ?? 'public', name, columns, primaryKey }
}

/** All tables that a schema module exports. */
export function physicalTablesOf(schema: Readonly<Record<string, unknown>>, casing?: Casing): readonly PhysicalTable[] {
  return Object.values(schema)
    .filter((value): value is PgTable => is(value, PgTable))
    .map((table) => physicalTable(table, casing))
}
