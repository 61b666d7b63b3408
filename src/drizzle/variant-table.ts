import { is } from 'drizzle-orm'
import { alias, PgColumn, type PgTable } from 'drizzle-orm/pg-core'
import { type Columns, cloneColumn, cloneTable, columnsOf, type Fields } from './clone-table.ts'
import { type Casing, columnName } from './physical-table.ts'
import { type ComputedKey, decodedLike, expressionOf, rowReadThrough, tableReadThrough } from './read-through.ts'
import type { Template } from './sql-template.ts'
import { type ColumnWrites, columnWrites, targetOf } from './written-columns.ts'

/** Columns of a table that hold the same information, by TypeScript keys, and which of them a statement may name. */
export interface ChangedColumns {
  readonly oldKeys: readonly string[]
  readonly newKeys: readonly string[]
  /** How the values of one side come from those of the other, in the order of the keys. */
  readonly transform: {
    readonly forward: readonly Template[]
    readonly backward: readonly Template[]
    /** Values move as they are: there is one column on each side, and both are of one type. */
    readonly isIdentity: boolean
  }
  readonly read: Side
  readonly write: Side | 'both'
}

type Side = 'old' | 'new'

/**
 * A table as one unit of work sees it: the keys are the new ones, and each stands on what the phase permits. Made once
 * for each combination of sides and then only read.
 */
export interface TableVariant {
  readonly table: PgTable
  /** What is selected from, joined and compared. */
  readonly source: PgTable
  /** The columns of `source` by key. */
  readonly selection: Columns
  /** The row that a write finds: for its predicate, and for expressions that it sets. */
  readonly row: PgTable
  /** What is inserted into and updated: names no column that must not be named. */
  readonly target: PgTable
  /** What a write reads back, by key. */
  readonly returning: Fields
  /** The row that an upsert could not insert, by key. */
  readonly excluded: Fields
  /** The same row by the keys of `target`. */
  readonly excludedTarget: Columns
  readonly writes: readonly ColumnWrites[]
}

const readOnly: unique symbol = Symbol.for('drizzle-expand-contract:read-only')

/** The declared table behind a `source` or `row` (or an alias of it): a write through it would reach one side only. */
export function declaredTable(table: PgTable): PgTable | undefined {
  return (table as PgTable & { readonly [readOnly]?: PgTable })[readOnly]
}

/** @param casing Drizzle 0.45's option: a clone carries its final names, since Drizzle caches them by the table's name. */
export function variantOf(
  table: PgTable,
  changes: readonly ChangedColumns[],
  casing: Casing | undefined,
): TableVariant {
  if (changes.length === 0) return unchanged(table)
  const named = cloneTable(table, namedColumns(table, casing))
  const keys = new RowKeys(Object.keys(columnsOf(named)), changes)
  const writes = changes.map((change) => columnWrites(change, columnsOf(named)))
  const target = targetOf(named, keys.pick(columnsOf(named)), writes)
  const source = Object.assign(sourceOf(named, keys), { [readOnly]: table })
  return {
    table,
    source,
    selection: columnsOf(source),
    row: Object.assign(rowOf(named, keys), { [readOnly]: table }),
    target,
    returning: keys.seenIn(columnsOf(named), sideReturned),
    excluded: keys.seenIn(columnsOf(alias(named, 'excluded') as PgTable), sideGiven),
    excludedTarget: columnsOf(alias(target, 'excluded') as PgTable),
    writes,
  }
}

function unchanged(table: PgTable): TableVariant {
  const columns = columnsOf(table)
  const excluded = columnsOf(alias(table, 'excluded') as PgTable)
  return {
    table,
    source: table,
    selection: columns,
    row: table,
    target: table,
    returning: columns,
    excluded,
    excludedTarget: excluded,
    writes: [],
  }
}

function namedColumns(table: PgTable, casing: Casing | undefined): Columns {
  return Object.fromEntries(
    Object.entries(columnsOf(table)).map(([key, column]) => [
      key,
      cloneColumn(column, { name: columnName(column, casing), keyAsName: false }),
    ]),
  )
}

const sideRead = ({ read }: ChangedColumns) => read
/** A write reads back the side that is read, as long as it is one that is written. */
const sideReturned = ({ read, write }: ChangedColumns) => (write === 'both' ? read : write)
/** What was given for a new key stands in its new column, where that is written. */
const sideGiven = ({ write }: ChangedColumns) => (write === 'old' ? 'old' : 'new')

/** The keys of a row in the new shape, and what they stand on. */
class RowKeys {
  readonly #keys: readonly string[]
  readonly #changes: ReadonlyMap<string, ChangedColumns>

  constructor(declared: readonly string[], changes: readonly ChangedColumns[]) {
    const oldKeys = new Set(changes.flatMap((change) => change.oldKeys))
    this.#keys = declared.filter((key) => !oldKeys.has(key))
    this.#changes = new Map(changes.flatMap((change) => change.newKeys.map((key) => [key, change])))
  }

  /** The columns that belong to no change. */
  pick(columns: Columns): Columns {
    return Object.fromEntries(this.#keys.filter((key) => !this.#changes.has(key)).map((key) => [key, columns[key]!]))
  }

  /** Each key by where a side has its value: in a column, or computed from some. */
  on(columns: Columns, sideOf: (change: ChangedColumns) => Side): Readonly<Record<string, PgColumn | ComputedKey>> {
    return Object.fromEntries(
      this.#keys.map((key) => {
        const column = columns[key]!
        const change = this.#changes.get(key)
        if (change === undefined || sideOf(change) === 'new') return [key, column]
        const operands = change.oldKeys.map((oldKey) => columns[oldKey]!)
        if (change.transform.isIdentity) return [key, operands[0]!]
        const template = change.transform.forward[change.newKeys.indexOf(key)]!
        return [key, { column, template, operands } satisfies ComputedKey]
      }),
    )
  }

  /** The same, computed keys as expressions over the columns. */
  seenIn(columns: Columns, sideOf: (change: ChangedColumns) => Side): Fields {
    return Object.fromEntries(
      Object.entries(this.on(columns, sideOf)).map(([key, field]) => [
        key,
        isComputed(field) ? decodedLike(field.column, expressionOf(field)) : field,
      ]),
    )
  }
}

function isComputed(field: PgColumn | ComputedKey): field is ComputedKey {
  return 'template' in field
}

function rowOf(named: PgTable, keys: RowKeys): PgTable {
  const fields = keys.seenIn(columnsOf(named), sideRead)
  const isPlain = Object.values(fields).every((field) => is(field, PgColumn))
  return isPlain ? cloneTable(named, fields as Columns) : rowReadThrough(named, fields)
}

function sourceOf(named: PgTable, keys: RowKeys): PgTable {
  const fields = Object.entries(keys.on(columnsOf(named), sideRead))
  return fields.some(([, field]) => isComputed(field))
    ? tableReadThrough(named, fields)
    : cloneTable(named, Object.fromEntries(fields) as Columns)
}
