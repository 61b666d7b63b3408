import { sql } from 'drizzle-orm'
import type { TableVariant } from '../drizzle/variant-table.ts'
import { conflictKeys } from '../drizzle/written-columns.ts'
import { errorCode } from '../errors/index.ts'
import { updateValues, type Values } from './write-values.ts'

/**
 * What an upsert sets in the row that is there: the patch, or everything that the row to insert gives. Where that is
 * nothing, the target itself is set to what it is, so that PostgreSQL returns the row, which DO NOTHING does not.
 */
export function conflictSet(
  variant: TableVariant,
  row: Values,
  target: readonly string[],
  patch: Values | undefined,
): Values {
  const set = patch === undefined ? setAllGiven(variant, row, target) : updateValues(variant, patch)
  if (Object.values(set).some((value) => value !== undefined)) return set
  return setToExcluded(variant, conflictKeys(variant.writes, target))
}

/**
 * Everything that the row gives, except the keys by which the conflict was found, and what `$onUpdate` asks for.
 *
 * Where it gives some keys of a change, the others keep what they have. The row that could not be inserted does not tell
 * which were given: its old columns may hold all of them in one.
 */
function setAllGiven(variant: TableVariant, row: Values, target: readonly string[]): Values {
  const given = new Set(Object.keys(row).filter((key) => row[key] !== undefined && !target.includes(key)))
  const whole = variant.writes.filter(({ keys }) => keys.every((key) => given.has(key)))
  const partial = variant.writes.filter((write) => !whole.includes(write)).flatMap(({ keys }) => keys)
  const changed = new Set(variant.writes.flatMap(({ keys }) => keys))
  return {
    ...updateValues(variant, Object.fromEntries(partial.filter((key) => given.has(key)).map((key) => [key, row[key]]))),
    ...setToExcluded(variant, [
      ...[...given].filter((key) => !changed.has(key)),
      ...whole.flatMap(({ old, next }) => [...old, ...next].flatMap(({ targetKey }) => targetKey ?? [])),
    ]),
  }
}

function setToExcluded(variant: TableVariant, keys: readonly string[]): Values {
  return Object.fromEntries(keys.map((key) => [key, sql`${variant.excludedTarget[key]!}`]))
}

/** SQLSTATE of a unique violation. */
const uniqueViolation = '23505'
const attempts = 5

/**
 * While both columns of a change are unique, ON CONFLICT names one of them. Of two upserts of the same new row at the
 * same moment, one may meet the other at the index of the twin first, where PostgreSQL raises an error instead of
 * updating. By then the other one has committed, so the next attempt finds its row.
 *
 * The sync trigger fills the twin also where this process writes one column alone, so every phase needs it.
 */
export async function retryTwinConflict<R>(attempt: () => Promise<R>): Promise<R> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (number === attempts || errorCode(error) !== uniqueViolation) throw error
    }
  }
}

/** True where the conflict is looked for in a column that has, or may have, a unique twin. */
export function hasTwinTarget(variant: TableVariant, target: readonly string[]): boolean {
  return variant.writes.some(({ keys }) => keys.some((key) => target.includes(key)))
}
