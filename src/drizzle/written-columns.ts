import { getTableName } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { failure } from '../errors/index.ts'
import { type Columns, cloneColumn, cloneTable, columnsOf } from './clone-table.ts'
import type { Template } from './sql-template.ts'
import type { ChangedColumns } from './variant-table.ts'

/** A column of one side of a change. */
export interface WrittenColumn {
  /** As declared: its default and its `$onUpdate` count on the old side, in every phase. */
  readonly column: PgColumn
  /** The key of the target that writes it; undefined where it must not be named. */
  readonly targetKey: string | undefined
}

export function isWritten({ targetKey }: WrittenColumn): boolean {
  return targetKey !== undefined
}

/** How the values of the new keys of a change are written. */
export interface ColumnWrites {
  /** The new keys, under which rows and patches carry the values. */
  readonly keys: readonly string[]
  readonly old: readonly WrittenColumn[]
  readonly next: readonly WrittenColumn[]
  readonly transform: ChangedColumns['transform']
  readonly read: ChangedColumns['read']
  /** Encode what is given for the keys, in their order. */
  readonly encoders: readonly PgColumn[]
  /** What is given for a key goes to one column, and nothing is computed from it. */
  readonly passesOn: boolean
}

export function columnWrites(change: ChangedColumns, declared: Columns): ColumnWrites {
  const { oldKeys, newKeys, transform, read, write } = change
  const isPair = oldKeys.length === 1 && newKeys.length === 1
  const encodesOld = transform.isIdentity && write !== 'new'
  return {
    keys: newKeys,
    old: oldKeys.map((key) => ({
      column: declared[key]!,
      targetKey: write === 'new' ? undefined : isPair ? newKeys[0]! : hiddenKey(key),
    })),
    next: newKeys.map((key) => ({
      column: declared[key]!,
      targetKey: write === 'old' ? undefined : isPair && write === 'both' ? hiddenKey(key) : key,
    })),
    transform,
    read,
    encoders: (encodesOld ? oldKeys : newKeys).map((key) => declared[key]!),
    passesOn: write === 'new' || (write === 'old' && transform.isIdentity),
  }
}

/**
 * The key of a column that no row has a key for. Of two columns that take each other's place the one under the new key is
 * that by which upserts find a conflict: old as long as it is written, since only it is unique in every phase before.
 */
function hiddenKey(key: string): string {
  return `~${key}`
}

/** No default is left to Drizzle or to one of two sides: the writer of the row gives both sides their values. */
const withoutDefaults = { default: undefined, defaultFn: undefined, onUpdateFn: undefined, hasDefault: false }

/** The table that writes the unchanged columns and those of the sides that are written. */
export function targetOf(table: PgTable, unchanged: Columns, writes: readonly ColumnWrites[]): PgTable {
  const columns: Record<string, PgColumn> = { ...unchanged }
  for (const { column, targetKey } of writes.flatMap(({ old, next }) => [...old, ...next])) {
    if (targetKey !== undefined) columns[targetKey] = cloneColumn(column, withoutDefaults)
  }
  const target = cloneTable(table, columns)
  for (const key of writes.flatMap(({ keys }) => keys)) {
    if (!(key in columns)) Object.defineProperty(target, key, { get: () => refuseAbsent(table, key) })
  }
  return target
}

/** What a caller may take a column of the target for, other than its values, is to find a conflict by it. */
function refuseAbsent(table: PgTable, key: string): never {
  throw failure('EC_QUERY_MISUSE', {
    problem: `"${key}" of table "${getTableName(table)}" stands on no column of its own yet, by which a statement could find a conflict.`,
    advice: 'Upsert through repository(table) by all new keys of the change, or find the conflict by another key.',
  })
}

/** The keys of the target by which a conflict on keys of a row is found, where all new keys of a change stand together. */
export function conflictKeys(writes: readonly ColumnWrites[], keys: readonly string[]): readonly string[] {
  return keys.flatMap((key) => {
    const write = writes.find((candidate) => candidate.keys.includes(key))
    if (write === undefined) return [key]
    // All columns once, at the place of the first key.
    return write.keys.find((candidate) => keys.includes(candidate)) === key ? writtenKeys(write) : []
  })
}

/** The keys of the target by which a change finds its row: old as long as it is written. */
function writtenKeys({ old, next }: ColumnWrites): readonly string[] {
  const keys = (side: readonly WrittenColumn[]) => side.flatMap(({ targetKey }) => targetKey ?? [])
  const oldKeys = keys(old)
  return oldKeys.length > 0 ? oldKeys : keys(next)
}

/** How many parameters one row needs at most: a literal is one wherever a transform names it. */
export function parametersOf({
  target,
  writes,
}: {
  readonly target: PgTable
  readonly writes: readonly ColumnWrites[]
}): number {
  const changed = writes.map(({ old, next, transform }) => {
    const given = transform.forward.map((template) => Math.max(1, operandsIn(template)))
    const computed = transform.backward.map((template) =>
      template.reduce<number>((sum, part) => sum + (typeof part === 'number' ? given[part]! : 0), 0),
    )
    return sumWhere(next, given) + sumWhere(old, computed)
  })
  const isChanged = new Set(writes.flatMap(({ old, next }) => [...old, ...next].map(({ targetKey }) => targetKey)))
  const unchanged = Object.keys(columnsOf(target)).filter((key) => !isChanged.has(key))
  return changed.reduce((sum, number) => sum + number, unchanged.length)
}

function operandsIn(template: Template): number {
  return template.filter((part) => typeof part === 'number').length
}

function sumWhere(columns: readonly WrittenColumn[], numbers: readonly number[]): number {
  return columns.reduce((sum, column, index) => sum + (isWritten(column) ? numbers[index]! : 0), 0)
}
