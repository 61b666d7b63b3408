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

/** A column of a snapshot with everything that hangs on it, each under the key of the snapshot. */
export interface ColumnParts {
  readonly column: ColumnSnapshot
  readonly indexes: Named<IndexSnapshot>
  readonly uniqueConstraints: Named<UniqueSnapshot>
  readonly checkConstraints: Named<CheckSnapshot>
  /** From this column to another table. */
  readonly foreignKeys: Named<ForeignKeySnapshot>
  /** From other tables to this column, as `table.constraint`. */
  readonly incomingForeignKeys: readonly string[]
  readonly policies: Named<PolicySnapshot>
  readonly views: Named<ViewSnapshot>
  /** Generated columns of the same table that are computed from it. */
  readonly generatedColumns: readonly string[]
}

type TableName = Pick<PhysicalTable, 'schema' | 'name'>

/** The parts of a column, or undefined where the snapshot has no such column. */
export function columnParts(snapshot: Snapshot, table: TableName, column: string): ColumnParts | undefined {
  const found = snapshot.tables[tableKey(table)]
  const own = found?.columns[column]
  if (found === undefined || own === undefined) return undefined
  const mentioned = (expression: string | undefined) => mentionsColumn(expression, column)
  const policyMentions = ({ using, withCheck }: PolicySnapshot) => mentioned(using) || mentioned(withCheck)
  return {
    column: own,
    indexes: pick(found.indexes, (index) => indexMentions(index, column)),
    uniqueConstraints: pick(found.uniqueConstraints, ({ columns }) => columns.includes(column)),
    checkConstraints: pick(found.checkConstraints, ({ value }) => mentioned(value)),
    foreignKeys: pick(found.foreignKeys, ({ columnsFrom }) => columnsFrom.includes(column)),
    incomingForeignKeys: incomingForeignKeys(snapshot, table, column),
    policies: pick(found.policies, policyMentions),
    views: pick(snapshot.views, ({ definition }) => queryMentionsColumn(definition, table.name, column)),
    generatedColumns: Object.values(found.columns)
      .filter(({ generated }) => mentioned(generated?.as))
      .map(({ name }) => name),
  }
}

/** The snapshot without a column and without what hangs on it; as it is where it has no such column. */
export function withoutColumn(snapshot: Snapshot, table: TableName, column: string): Snapshot {
  const parts = columnParts(snapshot, table, column)
  if (parts === undefined) return snapshot
  const without = withTable(snapshot, tableKey(table), (found) => ({
    columns: omit(found.columns, [column]),
    indexes: omit(found.indexes, Object.keys(parts.indexes)),
    uniqueConstraints: omit(found.uniqueConstraints, Object.keys(parts.uniqueConstraints)),
    checkConstraints: omit(found.checkConstraints, Object.keys(parts.checkConstraints)),
    foreignKeys: omit(found.foreignKeys, Object.keys(parts.foreignKeys)),
    policies: omit(found.policies, Object.keys(parts.policies)),
  }))
  return { ...without, views: omit(without.views, Object.keys(parts.views)) }
}

/** The snapshot with a bare column: its type, and nothing that it shall have in the end. */
export function withBareColumn(snapshot: Snapshot, table: TableName, column: ColumnSnapshot): Snapshot {
  const { default: _default, ...bare } = column
  return withTable(snapshot, tableKey(table), ({ columns }) => ({
    columns: { ...columns, [column.name]: { ...bare, notNull: false } },
  }))
}

function indexMentions({ columns, where }: IndexSnapshot, column: string): boolean {
  return (
    mentionsColumn(where, column) ||
    columns.some(({ expression, isExpression }) =>
      isExpression ? mentionsColumn(expression, column) : expression === column,
    )
  )
}

function incomingForeignKeys(snapshot: Snapshot, table: TableName, column: string): readonly string[] {
  return Object.values(snapshot.tables).flatMap(({ name, foreignKeys }: TableSnapshot) =>
    Object.values(foreignKeys)
      .filter(
        ({ tableTo, schemaTo, columnsTo }) =>
          tableTo === table.name && (schemaTo || 'public') === table.schema && columnsTo.includes(column),
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

/** All that is unique about a column, constraints and indexes, by name. */
export function uniqueNames({ uniqueConstraints, indexes }: ColumnParts): readonly string[] {
  return [
    ...Object.values(uniqueConstraints).map(({ name }) => name),
    ...Object.values(indexes)
      .filter(({ isUnique }) => isUnique)
      .map(({ name }) => name),
  ]
}
