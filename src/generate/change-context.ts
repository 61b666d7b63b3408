import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import { type ColumnParts, columnParts, withBareColumns, withoutColumns } from '../drizzle/column-parts.ts'
import type { Kit } from '../drizzle/kit.ts'
import {
  type IndexSnapshot,
  type Snapshot,
  type TableSnapshot,
  tableKey,
  type UniqueSnapshot,
  withTable,
} from '../drizzle/snapshot.ts'
import { boundedName } from '../sql/identifier.ts'

/** What the four steps of a change are written from. */
export interface ChangeContext {
  readonly change: AnyChange
  readonly sides: Sides
  /** The parts of the columns of each side as the schema declares them. */
  readonly old: ColumnParts
  readonly next: ColumnParts
  /** drizzle-kit's SQL for what is added to the table when the bare new columns exist already. */
  sqlOf(addition: (table: TableSnapshot) => Partial<TableSnapshot>): Promise<string>
  /** drizzle-kit's SQL for the new columns themselves, with nothing but their types. */
  addColumnsSql(): Promise<readonly string[]>
  /** drizzle-kit's SQL for the policies and views that read the new columns. */
  readersSql(): Promise<readonly string[]>
}

/**
 * @param declared the schema with both sides, and without the new columns of changes that come later in the same run.
 */
export function changeContext(kit: Kit, declared: Snapshot, change: AnyChange, sides: Sides): ChangeContext {
  const { table } = sides
  const [oldNames, newNames] = [sides.old, sides.next].map((side) => side.map(({ name }) => name)) as [
    string[],
    string[],
  ]
  const before = withoutColumns(declared, table, newNames)
  const next = columnParts(declared, table, newNames)!
  const bare = withBareColumns(before, table, next.columns)
  const withoutReaders = withTable({ ...declared, views: before.views }, tableKey(table), () => ({
    policies: before.tables[tableKey(table)]!.policies,
  }))
  return {
    change,
    sides,
    old: columnParts(declared, table, oldNames)!,
    next,
    sqlOf: async (addition) => (await kit.diff(bare, withTable(bare, tableKey(table), addition))).join('\n'),
    addColumnsSql: () => kit.diff(before, bare),
    readersSql: () => kit.diff(withoutReaders, declared),
  }
}

/** drizzle-kit's SQL for an index of the changed table. */
export function indexSql({ sqlOf }: ChangeContext, index: IndexSnapshot): Promise<string> {
  return sqlOf(({ indexes }) => ({ indexes: { ...indexes, [index.name]: { ...index, concurrently: true } } }))
}

/** The unique index that a unique constraint is made of; it has the constraint's name. */
export function indexOfConstraint({ name, columns }: UniqueSnapshot): IndexSnapshot {
  return {
    name,
    columns: columns.map((expression) => ({ expression, isExpression: false, asc: true, nulls: 'last' })),
    isUnique: true,
    concurrently: true,
    method: 'btree',
    with: {},
  }
}

/** Serves reads of the new side until the handover makes the unique index: uniqueness cannot hold while rows are filled. */
export function helperIndex(unique: IndexSnapshot): IndexSnapshot {
  return { ...unique, name: boundedName('~ec_helper_', unique.name), isUnique: false }
}

/** All that is unique on the new side, constraints and indexes, as indexes. */
export function uniqueIndexes({ next }: ChangeContext): readonly IndexSnapshot[] {
  return [
    ...Object.values(next.uniqueConstraints).map(indexOfConstraint),
    ...Object.values(next.indexes).filter(({ isUnique }) => isUnique),
  ]
}
