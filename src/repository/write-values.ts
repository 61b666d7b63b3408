import type { PgColumn } from 'drizzle-orm/pg-core'
import { castType, storedType } from '../drizzle/cast-type.ts'
import type { TableVariant } from '../drizzle/variant-table.ts'
import type { ColumnWrites, WrittenColumn } from '../drizzle/written-columns.ts'
import { columnValue, entryOf, givenValue, passedOn, transformed, type WrittenValue } from '../drizzle/written-value.ts'

/** Values by key, of a row or a patch. */
export type Values = Readonly<Record<string, unknown>>

/** A row in the new shape as values for `variant.target`: both sides of each change. */
export function insertValues(variant: TableVariant, row: Values): Values {
  if (variant.writes.length === 0) return row
  const { values, given } = apart(variant, row)
  variant.writes.forEach((write, index) => {
    const operands = given[index]!
    const defaults = () => write.old.map(omitted(write))
    if (operands.every((value) => value === undefined)) assignFromOld(values, write, defaults())
    else assignFromNew(values, write, completed(write, operands, defaults))
  })
  return values
}

/** A patch in the new shape as a `set` for `variant.target`. */
export function updateValues(variant: TableVariant, patch: Values): Values {
  if (variant.writes.length === 0) return patch
  const { values, given } = apart(variant, patch)
  variant.writes.forEach((write, index) => {
    const operands = given[index]!
    if (operands.some((value) => value !== undefined)) {
      assignFromNew(values, write, completedFromRow(write, operands), isWrittenWith(write, operands))
    } else if (write.old.some(({ column }) => column.onUpdateFn !== undefined)) {
      assignFromOld(values, write, write.old.map(updated(write)))
    }
  })
  return values
}

type Given = readonly (WrittenValue | undefined)[]

/** The values of unchanged keys, and those given for the new keys of each change. */
function apart(variant: TableVariant, row: Values): { values: Record<string, unknown>; given: readonly Given[] } {
  const values: Record<string, unknown> = { ...row }
  const given = variant.writes.map((write) =>
    write.keys.map((key, index) => {
      const value = row[key]
      if (value === undefined) return undefined
      values[key] = undefined
      return valueFor(write, value, write.encoders[index]!)
    }),
  )
  return { values, given }
}

function valueFor(write: ColumnWrites, value: unknown, column: PgColumn): WrittenValue {
  return write.passesOn ? passedOn(value) : givenTo(write, value, column)
}

/** What a transform is given has to be what the column will hold, since the trigger and others compute from that. */
function givenTo({ transform }: ColumnWrites, value: unknown, column: PgColumn): WrittenValue {
  return givenValue(value, column, transform.isIdentity ? castType(column) : storedType(column))
}

/** The values of all new keys: those that were not given come from the old side. */
function completed({ transform }: ColumnWrites, given: Given, old: () => readonly WrittenValue[]) {
  if (given.every((value) => value !== undefined)) return given
  const operands = old()
  return given.map((value, index) => value ?? transformed(transform.forward[index]!, operands))
}

/** The same for a row that is there, from the side that is read. */
function completedFromRow(write: ColumnWrites, given: Given): readonly WrittenValue[] {
  const { read, old, next } = write
  if (read === 'old') return completed(write, given, () => old.map(({ column }) => columnValue(column)))
  return given.map((value, index) => value ?? columnValue(next[index]!.column))
}

/** A new column that was read keeps its value; one that was not may hold none yet. */
function isWrittenWith({ read }: ColumnWrites, given: Given): (index: number) => boolean {
  return (index) => read === 'old' || given[index] !== undefined
}

function assignFromNew(
  values: Record<string, unknown>,
  { transform, old, next }: ColumnWrites,
  operands: readonly WrittenValue[],
  isWritten: (index: number) => boolean = () => true,
): void {
  assign(values, old, (index) => transformed(transform.backward[index]!, operands))
  assign(values, next, (index) => (isWritten(index) ? operands[index]! : undefined))
}

function assignFromOld(
  values: Record<string, unknown>,
  { transform, old, next }: ColumnWrites,
  operands: readonly WrittenValue[],
): void {
  assign(values, old, (index) => operands[index]!)
  assign(values, next, (index) => transformed(transform.forward[index]!, operands))
}

function assign(
  values: Record<string, unknown>,
  columns: readonly WrittenColumn[],
  valueAt: (index: number) => WrittenValue | undefined,
): void {
  columns.forEach(({ targetKey }, index) => {
    const value = targetKey === undefined ? undefined : valueAt(index)
    if (targetKey !== undefined && value !== undefined) values[targetKey] = entryOf(value)
  })
}

/**
 * What an insert gives to an old column whose new keys the row leaves out: its default, in Drizzle's order of precedence,
 * else NULL. Never SQL's DEFAULT: the database has one on neither side while a change is under way.
 */
function omitted(write: ColumnWrites): (old: WrittenColumn) => WrittenValue {
  return ({ column }) => defaultFor(write, defaultOf(column), column)
}

function defaultOf(column: PgColumn): unknown {
  if (column.defaultFn !== undefined) return column.defaultFn()
  if (column.default !== undefined) return column.default
  return column.onUpdateFn?.() ?? null
}

/** What an update that gives none of the new keys gives to an old column: what its `$onUpdate` asks for, else what is there. */
function updated(write: ColumnWrites): (old: WrittenColumn, index: number) => WrittenValue {
  return ({ column }, index) => {
    const value = column.onUpdateFn?.()
    if (value !== undefined) return defaultFor(write, value, column)
    if (write.read === 'old') return columnValue(column)
    return transformed(
      write.transform.backward[index]!,
      write.next.map((next) => columnValue(next.column)),
    )
  }
}

/** A value of the old side, which a change that is no rename computes the new one from. */
function defaultFor(write: ColumnWrites, value: unknown, column: PgColumn): WrittenValue {
  return write.passesOn && write.transform.isIdentity ? passedOn(value) : givenTo(write, value, column)
}
