import type { PgColumn } from 'drizzle-orm/pg-core'
import { type Columns, cloneColumn } from './clone-table.ts'
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

/** The columns that are written, by the keys of the target. */
export function targetColumns(writes: readonly ColumnWrites[]): Columns {
  const columns: Record<string, PgColumn> = {}
  for (const { column, targetKey } of writes.flatMap(({ old, next }) => [...old, ...next])) {
    if (targetKey !== undefined) columns[targetKey] = cloneColumn(column, withoutDefaults)
  }
  return columns
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
