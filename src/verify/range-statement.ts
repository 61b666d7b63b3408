import type { Sides } from '../change/sides.ts'
import type { Side } from '../phase/phase.ts'
import { literal, qualified } from '../sql/identifier.ts'
import { judgementBy, valuesOf } from '../sync/index.ts'
import {
  keyColumnsPassedOn,
  keyCompared,
  keyFromJson,
  keyOrder,
  lastKeyPassedOn,
  passedOnKeyAsJson,
} from '../walk/key-sql.ts'
import type { KeyColumn } from '../walk/table-shape.ts'

export interface RangeInput {
  readonly changeId: string
  /** The side that holds the truth. */
  readonly truth: Side
  readonly sides: Sides
  readonly key: readonly KeyColumn[]
  /** At most this many rows. */
  readonly rows: number
  /** The last key of the range before; null for the first. */
  readonly cursor: readonly string[] | null
  /** The last key of the table when the verification began; null where it was empty. */
  readonly upperBound: readonly string[] | null
}

/** What one range answers. */
export interface RangeCounts {
  readonly rows: number
  /** Rows with a value on that side. */
  readonly withOld: number
  readonly withNew: number
  /**
   * Keys of rows whose sides do not agree in this snapshot, for whatever reason, in order; null where there are none. Suspects, until they
   * are looked at under their lock.
   */
  readonly suspects: readonly (readonly string[])[] | null
  readonly lastKey: readonly string[] | null
}

/**
 * Compares the sides of the next rows of the key's index: one pass, one snapshot of its own, no row lock.
 */
export function rangeStatement({ changeId, truth, sides, key, rows, cursor, upperBound }: RangeInput): string {
  const { old, next } = valuesOf(sides, 't')
  const { passedOn, differs, rejected } = judgementBy(truth, changeId, sides)
  const isSuspect = rejected === undefined ? differs : `${differs} OR ${rejected}`
  const behindCursor =
    cursor === null ? 'true' : keyCompared(key, '>', `SELECT ${keyFromJson(key, 'cursor')} FROM bounds`)
  return `WITH bounds AS MATERIALIZED (
  SELECT ${json(cursor)} AS cursor, ${json(upperBound)} AS upper_bound
)
SELECT seen::float8 AS "rows", with_old::float8 AS "withOld", with_new::float8 AS "withNew",
       suspects AS "suspects", CASE WHEN seen > 0 THEN ${passedOnKeyAsJson(key)} END AS "lastKey"
  FROM (SELECT count(*) AS seen, count(old_side) AS with_old, count(new_side) AS with_new,
               jsonb_agg(${passedOnKeyAsJson(key)}) FILTER (WHERE ${isSuspect}) AS suspects,
               ${lastKeyPassedOn(key)}
          FROM (SELECT ${keyColumnsPassedOn(key)}, ${anyValue(old)} AS old_side, ${anyValue(next)} AS new_side,
                       ${passedOn}
                  FROM ${qualified(sides.table)} AS t
                 WHERE ${behindCursor}
                   AND ${keyCompared(key, '<=', `SELECT ${keyFromJson(key, 'upper_bound')} FROM bounds`)}
                 ORDER BY ${keyOrder(key)}
                 LIMIT ${rows}) AS walked) AS counted`
}

/** NULL where a side has no value. */
function anyValue(side: readonly string[]): string {
  return side.length === 1 ? side[0]! : `nullif(num_nonnulls(${side.join(', ')}), 0)`
}

function json(key: readonly string[] | null): string {
  return key === null ? 'NULL::jsonb' : `${literal(JSON.stringify(key))}::jsonb`
}
