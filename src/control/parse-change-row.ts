import type { changes } from '../../schema/changes.ts'
import { failure } from '../errors/index.ts'
import { phases } from '../phase/phase.ts'
import type { ChangeRow } from './change-row.ts'

/** What the columns hold that the toolkit alone writes; a hand may have written something else. */
const known = {
  phase: Object.keys(phases),
  sync: ['trigger', 'none'],
  triggerMode: ['old', 'both', 'new', 'forward', 'fence', null],
  backfillState: ['pending', 'running', 'done'],
  backfillDirection: ['forward', 'reverse'],
} as const satisfies Partial<Record<keyof ChangeRow, readonly (string | null)[]>>

/**
 * The row of a change as its columns promise it.
 *
 * @throws ExpandContractError EC_ROW_UNREADABLE where it was edited by hand to something that no version writes.
 */
export function parseChangeRow(row: typeof changes.$inferSelect): ChangeRow {
  for (const [column, values] of Object.entries(known) as [keyof typeof known, readonly (string | null)[]][]) {
    const value = row[column]
    if (!values.includes(value)) {
      throw unreadable(row.id, `"${column}" is ${JSON.stringify(value)}, and can be ${values.join(', ')}`)
    }
  }
  const { table, old, new: next } = row.declaration ?? {}
  if (typeof table !== 'string' || !Array.isArray(old) || !Array.isArray(next)) {
    throw unreadable(row.id, '"declaration" does not name a table and its two sides')
  }
  return row as ChangeRow
}

function unreadable(id: string, problem: string): Error {
  return failure('EC_ROW_UNREADABLE', { table: 'changes', row: id, problem })
}
