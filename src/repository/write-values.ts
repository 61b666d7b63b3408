import { Column, is, Param, Placeholder, SQL } from 'drizzle-orm'
import { evaluatedOnce } from '../drizzle/evaluate-once.ts'
import type { PairWrite, TableVariant } from '../drizzle/variant-table.ts'

/** Values by key, of a row or a patch. */
export type Values = Readonly<Record<string, unknown>>

/** A row in the new shape as values for `variant.target`: both sides of a change get the same one. */
export function insertValues(variant: TableVariant, row: Values): Values {
  if (variant.writes.length === 0) return row
  const values: Record<string, unknown> = { ...row }
  for (const write of variant.writes) {
    const given = row[write.key]
    assign(values, write, given === undefined ? omitted(write) : given)
  }
  return values
}

/** A patch in the new shape as a `set` for `variant.target`. */
export function updateValues(variant: TableVariant, patch: Values): Values {
  if (variant.writes.length === 0) return patch
  const values: Record<string, unknown> = { ...patch }
  for (const write of variant.writes) {
    const given = patch[write.key]
    const value = given === undefined ? write.old.onUpdateFn?.() : given
    if (value !== undefined) assign(values, write, value)
  }
  return values
}

/**
 * What an insert gives to a key that the row leaves out: the default of the old side, in Drizzle's order of precedence,
 * else NULL. Never SQL's DEFAULT: the database has one on neither side while a change is under way.
 */
function omitted({ old }: PairWrite): unknown {
  if (old.defaultFn !== undefined) return old.defaultFn()
  if (old.default !== undefined) return old.default
  return old.onUpdateFn?.() ?? null
}

function assign(values: Record<string, unknown>, write: PairWrite, value: unknown): void {
  values[write.key] = value
  if (write.twinKey === undefined) return
  const shared = sharedValue(write, value)
  values[write.key] = shared
  values[write.twinKey] = shared
}

/** One value for both columns: an expression is evaluated once, a literal encoded once. */
function sharedValue({ old, encoder, encoded }: PairWrite, value: unknown): unknown {
  if (is(value, SQL)) return evaluatedOnce(value, old)
  if (value === null || is(value, Column) || is(value, Placeholder) || is(value, Param)) return value
  const driverValue: unknown = encoder.mapToDriverValue(value)
  return is(driverValue, SQL) ? evaluatedOnce(driverValue, old) : new SQL([new Param(driverValue, encoded)])
}
