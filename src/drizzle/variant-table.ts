import { alias, type PgColumn, type PgTable } from 'drizzle-orm/pg-core'
import { type Columns, cloneColumn, cloneTable, columnsOf } from './clone-table.ts'
import { type Casing, columnName } from './physical-table.ts'

/** Two columns that hold the same values, by TypeScript key, and which of them a statement may name. */
export interface Pair {
  readonly oldKey: string
  readonly newKey: string
  readonly read: 'old' | 'new'
  readonly write: 'old' | 'both' | 'new'
}

/** How the value of a renamed key is written. */
export interface PairWrite {
  /** The new key, under which rows and patches carry the value. */
  readonly key: string
  /** Further key of `target` that takes the same value, while both columns are written. */
  readonly twinKey: string | undefined
  /** The old column as declared: its default and its `$onUpdate` count in every phase. */
  readonly old: PgColumn
  /** Encodes a value that is written to both columns. */
  readonly encoder: PgColumn
  /** Takes what `encoder` made as it is. */
  readonly encoded: PgColumn
}

/**
 * A table as one unit of work sees it: the keys are the new ones, and each stands on the physical column that the
 * phase permits. Made once for each combination of sides and then only read.
 */
export interface TableVariant {
  readonly table: PgTable
  /** What is selected from, joined and compared. */
  readonly source: PgTable
  /** What is inserted into and updated: names no column that must not be named. A renamed key is its conflict target. */
  readonly target: PgTable
  /** The columns of `source` by key. */
  readonly selection: Columns
  /** What a write reads back, by key. */
  readonly returning: Columns
  /** `target` under the name that an upsert gives to the row it could not insert. */
  readonly excluded: PgTable
  readonly writes: readonly PairWrite[]
}

const readOnly: unique symbol = Symbol.for('drizzle-expand-contract:read-only')

/** True for the `source` of a changed table (or an alias of it): a write through it would reach one side only. */
export function isReadOnly(table: object): boolean {
  return readOnly in table
}

/** @param casing Drizzle 0.45's option: a clone carries its final names, since Drizzle caches them by the table's name. */
export function variantOf(table: PgTable, pairs: readonly Pair[], casing: Casing | undefined): TableVariant {
  if (pairs.length === 0) return unchanged(table)
  const declared = namedColumns(table, casing)
  const byNewKey = new Map(pairs.map((pair) => [pair.newKey, pair]))
  const oldKeys = new Set(pairs.map((pair) => pair.oldKey))

  const read: Record<string, PgColumn> = {}
  const written: Record<string, PgColumn> = {}
  const writes: PairWrite[] = []
  for (const [key, column] of Object.entries(declared)) {
    if (oldKeys.has(key)) continue
    const pair = byNewKey.get(key)
    read[key] = pair?.read === 'old' ? declared[pair.oldKey]! : column
    if (pair === undefined) written[key] = column
    else writes.push(addPair(written, pair, declared[pair.oldKey]!, column))
  }

  const source = Object.assign(cloneTable(table, read), { [readOnly]: true })
  const target = cloneTable(table, written)
  return {
    table,
    source,
    target,
    selection: columnsOf(source),
    returning: returned(target, Object.keys(read), pairs),
    excluded: alias(target, 'excluded') as unknown as PgTable,
    writes,
  }
}

function unchanged(table: PgTable): TableVariant {
  const columns = columnsOf(table)
  const excluded = alias(table, 'excluded') as unknown as PgTable
  return { table, source: table, target: table, selection: columns, returning: columns, excluded, writes: [] }
}

function namedColumns(table: PgTable, casing: Casing | undefined): Columns {
  return Object.fromEntries(
    Object.entries(columnsOf(table)).map(([key, column]) => [
      key,
      cloneColumn(column, { name: columnName(column, casing), keyAsName: false }),
    ]),
  )
}

/** No default is left to Drizzle or to one of two columns: the writer of the row gives both sides their value. */
const withoutDefaults = { default: undefined, defaultFn: undefined, onUpdateFn: undefined, hasDefault: false }

/**
 * The column under the new key is the one by which upserts find a conflict: old as long as it is written, since only it
 * is unique in every phase before.
 */
function addPair(written: Record<string, PgColumn>, pair: Pair, old: PgColumn, next: PgColumn): PairWrite {
  const twinKey = pair.write === 'both' ? twinKeyOf(pair.newKey) : undefined
  const encoder = cloneColumn(pair.write === 'new' ? next : old, withoutDefaults)
  written[pair.newKey] = encoder
  if (twinKey !== undefined) written[twinKey] = cloneColumn(next, withoutDefaults)
  const encoded = cloneColumn(encoder, { mapToDriverValue: (value: unknown) => value as never })
  return { key: pair.newKey, twinKey, old, encoder, encoded }
}

/** A write reads back the side that is read, as long as it is one that is written. */
function returned(target: PgTable, keys: readonly string[], pairs: readonly Pair[]): Columns {
  const columns = columnsOf(target)
  const readFromTwin = new Set(
    pairs.filter(({ read, write }) => read === 'new' && write === 'both').map(({ newKey }) => newKey),
  )
  return Object.fromEntries(keys.map((key) => [key, columns[readFromTwin.has(key) ? twinKeyOf(key) : key]!]))
}

/** Where `target` has the second column of a pair. */
function twinKeyOf(newKey: string): string {
  return `~${newKey}`
}
