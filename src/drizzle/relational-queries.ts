import * as drizzle from 'drizzle-orm'
import { is, Table } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { columnsOf } from './clone-table.ts'
import { tableIdentity } from './physical-table.ts'
import type { AnyDatabase } from './unit-database.ts'
import type { TableVariant } from './variant-table.ts'

/** A table of the schema with the keys that its changes replace, so that a relation's columns can be found in a variant. */
export interface RelatedTable {
  readonly table: PgTable
  readonly variant: TableVariant
  /** Old key → the new keys in its place. */
  readonly replaced: ReadonlyMap<string, readonly string[]>
}

/** Tables by `tableIdentity`. */
export type RelatedTables = ReadonlyMap<string, RelatedTable>

/** What `db.query` is made of: relations over variant tables, in the form that the installed Drizzle wants. */
export type RelationalConfig = Readonly<Record<string, unknown>>

type Schema = Readonly<Record<string, unknown>>
type Insides = AnyDatabase & {
  readonly dialect: unknown
  readonly session: unknown
  readonly $primary?: AnyDatabase
  readonly _: { readonly relations?: Readonly<Record<string, RelatedConfig>> }
}

type DatabaseClass = new (dialect: unknown, session: unknown, config: RelationalConfig) => AnyDatabase

/**
 * Relations over variants instead of the declared tables: of `relations()` in the schema module (Drizzle 0.45), or those
 * that the database was given by `defineRelations` (Drizzle 1.0).
 */
export function relationalConfig(database: AnyDatabase, schema: Schema, tables: RelatedTables): RelationalConfig {
  const defined = (database as Insides)._.relations
  return defined === undefined ? relationsOfSchema(schema, tables) : definedRelations(defined, tables)
}

/** `db.query` over a relational config, on the session of `database`. */
export function relationalQueries(root: AnyDatabase, database: AnyDatabase, config: RelationalConfig): object {
  const { dialect, session } = database as Insides
  const primary = (root as Insides).$primary ?? root
  const Database = primary.constructor as DatabaseClass
  return new Database(dialect, session, config).query
}

/** A relation of Drizzle 0.45's `relations()`. */
interface Relation {
  readonly config?: { readonly fields: readonly PgColumn[]; readonly references: readonly PgColumn[] }
}

interface TableConfig {
  readonly columns: unknown
  readonly primaryKey: readonly PgColumn[]
  readonly relations: Readonly<Record<string, Relation>>
}

interface RelationsModule {
  readonly createTableRelationsHelpers: unknown
  extractTablesRelationalConfig(
    schema: Schema,
    helpers: unknown,
  ): { tables: Record<string, TableConfig>; tableNamesMap: Readonly<Record<string, string>> }
}

function relationsOfSchema(schema: Schema, tables: RelatedTables): RelationalConfig {
  const { createTableRelationsHelpers, extractTablesRelationalConfig } = drizzle as unknown as RelationsModule
  const declared = extractTablesRelationalConfig(schema, createTableRelationsHelpers)
  const fullSchema: Record<string, unknown> = { ...schema }
  const config: Record<string, TableConfig> = {}
  for (const [key, table] of Object.entries(declared.tables)) {
    const related = tables.get(tableIdentity(schema[key] as PgTable))
    fullSchema[key] = related?.variant.source ?? schema[key]
    config[key] = {
      ...table,
      columns: related?.variant.selection ?? table.columns,
      primaryKey: table.primaryKey.map((column) => readColumn(column, tables)),
      relations: mapValues(table.relations, (relation) => relationOverVariants(relation, tables)),
    }
  }
  return { fullSchema, schema: config, tableNamesMap: declared.tableNamesMap }
}

function relationOverVariants(relation: Relation, tables: RelatedTables): Relation {
  const { config } = relation
  if (config?.fields === undefined) return relation
  const overVariants = {
    ...config,
    fields: config.fields.map((column) => readColumn(column, tables)),
    references: config.references.map((column) => readColumn(column, tables)),
  }
  return derive(relation, { config: overVariants })
}

/** A table of Drizzle 1.0's `defineRelations()`. */
interface RelatedConfig {
  readonly table: unknown
  readonly relations: Readonly<Record<string, DefinedRelation>>
}

interface RelationColumn {
  readonly _: { readonly column: PgColumn; readonly key: string }
}

interface DefinedRelation {
  readonly sourceTable: unknown
  readonly targetTable: unknown
  readonly throughTable: unknown
  readonly sourceColumns: readonly RelationColumn[]
  readonly targetColumns: readonly RelationColumn[]
  readonly through:
    | { readonly source: readonly RelationColumn[]; readonly target: readonly RelationColumn[] }
    | undefined
  readonly where: unknown
  readonly isFilterReversed?: boolean
}

function definedRelations(defined: Readonly<Record<string, RelatedConfig>>, tables: RelatedTables): RelationalConfig {
  return mapValues(defined, (config) => ({
    ...config,
    table: sourceOf(config.table, tables),
    relations: mapValues(config.relations, (relation) => definedOverVariants(relation, tables)),
  }))
}

function definedOverVariants(relation: DefinedRelation, tables: RelatedTables): DefinedRelation {
  const columns = (list: readonly RelationColumn[]) => list.map((column) => relationColumn(column, tables))
  const filtered = relation.isFilterReversed ? relation.sourceTable : relation.targetTable
  return derive(relation, {
    sourceTable: sourceOf(relation.sourceTable, tables),
    targetTable: sourceOf(relation.targetTable, tables),
    throughTable: sourceOf(relation.throughTable, tables),
    sourceColumns: columns(relation.sourceColumns),
    targetColumns: columns(relation.targetColumns),
    through: relation.through && {
      source: columns(relation.through.source),
      target: columns(relation.through.target),
    },
    where: filterByNewKeys(relation.where, relatedOf(filtered, tables)),
  })
}

function relationColumn(entry: RelationColumn, tables: RelatedTables): RelationColumn {
  const column = readColumn(entry._.column, tables)
  const key = newKey(relatedOf(entry._.column.table, tables), entry._.key)
  return derive(entry, { _: { ...entry._, column, key } })
}

/** A relation's own filter is an object by key; where it names the old key, the variant has the new one. */
function filterByNewKeys(filter: unknown, related: RelatedTable | undefined): unknown {
  if (related === undefined || !isPlainObject(filter)) return filter
  return Object.fromEntries(
    Object.entries(filter).map(([key, value]) => {
      if (key === 'NOT') return [key, filterByNewKeys(value, related)]
      if ((key === 'AND' || key === 'OR') && Array.isArray(value)) {
        return [key, value.map((part) => filterByNewKeys(part, related))]
      }
      return [newKey(related, key), value]
    }),
  )
}

/** The key that a relation on an old one means now. Where several took its place there is none, and the relation finds no column. */
function newKey(related: RelatedTable | undefined, key: string): string {
  const keys = related?.replaced.get(key)
  return keys?.length === 1 ? keys[0]! : key
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** The column that is read in the place of a declared one, which may be either side of a change. */
function readColumn(column: PgColumn, tables: RelatedTables): PgColumn {
  const related = relatedOf(column.table, tables)
  if (related === undefined) return column
  const declared = Object.entries(columnsOf(related.table)).find(([, candidate]) => candidate.name === column.name)
  if (declared === undefined) return column
  return related.variant.selection[newKey(related, declared[0])] ?? column
}

function sourceOf(table: unknown, tables: RelatedTables): unknown {
  return relatedOf(table, tables)?.variant.source ?? table
}

function relatedOf(table: unknown, tables: RelatedTables): RelatedTable | undefined {
  return is(table, Table) ? tables.get(tableIdentity(table as PgTable)) : undefined
}

/** The same object with other properties, of the same class. */
function derive<T extends object>(original: T, properties: Partial<T>): T {
  const copy = Object.create(Object.getPrototypeOf(original), Object.getOwnPropertyDescriptors(original))
  return Object.assign(copy, properties)
}

function mapValues<V, R>(record: Readonly<Record<string, V>>, map: (value: V) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
