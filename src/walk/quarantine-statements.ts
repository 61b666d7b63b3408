import { defaultScope } from '../../schema/namespace.ts'
import type { Sides } from '../change/sides.ts'
import type { Side } from '../phase/phase.ts'
import { literal, qualified } from '../sql/identifier.ts'
import { judgementBy } from '../sync/index.ts'
import { keyEquals } from './key-sql.ts'
import type { KeyColumn } from './table-shape.ts'

/*
 * `expand_contract.quarantine` holds the keys of rows whose transform rejects what the side holds that has the truth. The
 * sync trigger appends to it with every such write, and walks of the table make it exact.
 */

/** Puts rows into quarantine, unless their keys are there. @param rejected a FROM item that yields `key` and `reason`. */
export function quarantineStatement(changeId: string, rejected: string): string {
  return `INSERT INTO expand_contract.quarantine (scope, change_id, key, reason, since)
  SELECT ${literal(defaultScope)}, ${literal(changeId)}, rejected.key, rejected.reason, clock_timestamp()
    FROM ${rejected}
   WHERE NOT EXISTS (SELECT FROM expand_contract.quarantine AS there
                      WHERE ${ofChange('there', changeId)} AND there.key = rejected.key)`
}

/** The rows of a table as a walk judges them. */
export interface Walked {
  readonly sides: Sides
  readonly key: readonly KeyColumn[]
  /** The side that holds the truth. */
  readonly truth: Side
}

/**
 * Removes what is in quarantine no more: rows whose sides agree or that were deleted, and entries that a later one of the
 * same row stands for. Locks no row of the table.
 *
 * A row whose value the transform takes by now, as a label was added to an enum, stays until somebody has copied it: this
 * walk may have passed it while it was rejected, and then nothing but its entry tells that it is not filled.
 *
 * Entries and rows are looked at in one snapshot. A write that is rejected meanwhile appends an entry that it does not
 * see, and so does not remove; of several it keeps the latest, which no other removal with an older snapshot sees either.
 */
export function releaseStatement(changeId: string, { sides, key, truth }: Walked): string {
  const { rowDisagrees } = judgementBy(truth, changeId, sides)
  return `DELETE FROM expand_contract.quarantine AS entry
   WHERE ${ofChange('entry', changeId)}
     AND (EXISTS (SELECT FROM expand_contract.quarantine AS later
                   WHERE ${ofChange('later', changeId)} AND later.key = entry.key AND later.number > entry.number)
       OR NOT EXISTS (SELECT FROM ${qualified(sides.table)} AS t
                       WHERE ${keyEquals(key, 'entry.key')} AND ${rowDisagrees}))`
}

/** How many rows of a change are in quarantine. */
export function countStatement(changeId: string): string {
  return `SELECT count(DISTINCT entry.key)::float8 AS "rows" FROM expand_contract.quarantine AS entry
   WHERE ${ofChange('entry', changeId)}`
}

function ofChange(alias: string, changeId: string): string {
  return `${alias}.scope = ${literal(defaultScope)} AND ${alias}.change_id = ${literal(changeId)}`
}
