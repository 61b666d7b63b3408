import { mentionsColumn, queryMentionsColumn } from './mentions.ts'
import type { PhysicalTable } from './physical-table.ts'
import {
  type CheckSnapshot,
  type ColumnSnapshot,
  type ForeignKeySnapshot,
  type IndexSnapshot,
  type Named,
  type PolicySnapshot,
  type Snapshot,
  type TableSnapshot,
  tableKey,
  type UniqueSnapshot,
  type ViewSnapshot,
  withTable,
} from './snapshot.ts'

/** Columns of one table of a snapshot with everything that hangs on any of them, each under the key of the snapshot. */
export interface ColumnParts {
  readonly columns: readonly ColumnSnapshot[]
  readonly indexes: Named<IndexSnapshot>
  readonly uniqueConstraints: Named<UniqueSnapshot>
  readonly checkConstraints: Named<CheckSnapshot>
  /** From these columns to another table. */
  readonly foreignKeys: Named<ForeignKeySnapshot>
  /** From other tables to these columns, as `table.constraint`. */
  readonly incomingForeignKeys: readonly string[]
  readonly policies: Named<PolicySnapshot>
  readonly views: Named<ViewSnapshot>
  /** Generated columns of the same table that are computed from them. */
  readonly generatedColumns: readonly string[]
}

type TableName = Pick<PhysicalTable, 'schema' | 'name'>

/** The parts of some columns, or undefined where the snapshot does not have all of them. */
export function columnParts(snapshot: Snapshot, table: TableName, names: readonly string[]): ColumnParts | undefined {
  const found = snapshot.tables[tableKey(table)]
  if (found === undefined || !hasAll(found, names)) return undefined
  const mentioned = (expression: string | undefined) => names.some((name) => mentionsColumn(expression, name))
  const policyMentions = ({ using, withCheck }: PolicySnapshot) => mentioned(using) || mentioned(withCheck)
  return {
    columns: names.map((name) => found.columns[name]!),
    indexes: pick(found.indexes, (index) => names.some((name) => indexMentions(index, name))),
    uniqueConstraints: pick(found.uniqueConstraints, ({ columns }) => hasAny(columns, names)),
    checkConstraints: pick(found.checkConstraints, ({ value }) => mentioned(value)),
    foreignKeys: pick(found.foreignKeys, ({ columnsFrom }) => hasAny(columnsFrom, names)),
    incomingForeignKeys: incomingForeignKeys(snapshot, table, names),
    policies: pick(found.policies, policyMentions),
    views: pick(snapshot.views, ({ definition }) =>
      names.some((name) => queryMentionsColumn(definition, table.name, name)),
    ),
    generatedColumns: Object.values(found.columns)
      .filter(({ generated }) => mentioned(generated?.as))
      .map(({ name }) => name),
  }
}

/** The snapshot without some columns and without what hangs on them; as it is where it does not have all of them. */
export function withoutColumns(snapshot: Snapshot, table: TableName, names: readonly string[]): Snapshot {
  const parts = columnParts(snapshot, table, names)
  if (parts === undefined) return snapshot
  const without = withTable(snapshot, tableKey(table), (found) => ({
    columns: omit(found.columns, names),
    indexes: omit(found.indexes, Object.keys(parts.indexes)),
    uniqueConstraints: omit(found.uniqueConstraints, Object.keys(parts.uniqueConstraints)),
    checkConstraints: omit(found.checkConstraints, Object.keys(parts.checkConstraints)),
    foreignKeys: omit(found.foreignKeys, Object.keys(parts.foreignKeys)),
    policies: omit(found.policies, Object.keys(parts.policies)),
  }))
  return { ...without, views: omit(without.views, Object.keys(parts.views)) }
}

/** The snapshot with bare columns: their types, and nothing that they shall have in the end. */
export function withBareColumns(snapshot: Snapshot, table: TableName, added: readonly ColumnSnapshot[]): Snapshot {
  return withTable(snapshot, tableKey(table), ({ columns }) => ({
    columns: {
      ...columns,
      ...Object.fromEntries(
        added.map(({ default: _default, ...bare }) => [bare.name, { ...bare, notNull: false }] as const),
      ),
    },
  }))
}

function hasAll({ columns }: TableSnapshot, names: readonly string[]): boolean {
  return names.every((name) => columns[name] !== undefined)
}

function hasAny(columns: readonly string[], names: readonly string[]): boolean {
  return columns.some((column) => names.includes(column))
}

function indexMentions({ columns, where }: IndexSnapshot, column: string): boolean {
  return (
    mentionsColumn(where, column) ||
    columns.some(({ expression, isExpression }) =>
      isExpression ? mentionsColumn(expression, column) : expression === column,
    )
  )
}

function incomingForeignKeys(snapshot: Snapshot, table: TableName, columns: readonly string[]): readonly string[] {
  return Object.values(snapshot.tables).flatMap(({ name, foreignKeys }: TableSnapshot) =>
    Object.values(foreignKeys)
      .filter(
        ({ tableTo, schemaTo, columnsTo }) =>
          tableTo === table.name && (schemaTo || 'public') === table.schema && hasAny(columnsTo, columns),
      )
      .map((key) => `${name}.${key.name}`),
  )
}

function pick<Value>(values: Named<Value>, isWanted: (value: Value) => boolean): Named<Value> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => isWanted(value)))
}

function omit<Value>(values: Named<Value>, keys: readonly string[]): Named<Value> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)))
}

/** All that is unique about some columns, constraints and indexes, by name. */
export function uniqueNames({ uniqueConstraints, indexes }: ColumnParts): readonly string[] {
  return [
    ...Object.values(uniqueConstraints).map(({ name }) => name),
    ...Object.values(indexes)
      .filter(({ isUnique }) => isUnique)
      .map(({ name }) => name),
  ]
}
