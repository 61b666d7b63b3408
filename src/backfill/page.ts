import type { ClientBase, QueryResult } from 'pg'
import type { AnyChange } from '../change/change.ts'
import type { ChangeRow } from '../control/change-row.ts'
import { failure } from '../errors/index.ts'
import { requireEligible } from '../walk/eligible.ts'
import { queryInOneTrip } from '../walk/one-trip.ts'
import { pageTimeoutMs } from '../walk/page-size.ts'
import { lockTimeoutMs } from '../walk/until-unblocked.ts'
import { type PageCounts, type PageInput, pageLockStatements, pageStatement } from './page-statement.ts'
import { backfillUndertaking, type Run, requireStanding } from './run-record.ts'

/** What became of one page. */
export type PageResult =
  | { readonly kind: 'committed'; readonly counts: PageCounts }
  /** Another worker has moved the cursor first: there is one now. */
  | { readonly kind: 'overtaken' }
  /** It met more rows to copy than a page may, and did nothing. */
  | { readonly kind: 'crowded' }
  /** Another worker has finished the run. */
  | { readonly kind: 'over' }

/**
 * Runs one page: one transaction, one round trip, whatever the distance to the database.
 *
 * 1. Pins the change to its phase, and reads phase and `sync_since` as they are once it is pinned.
 * 2. Locks the run's row.
 * 3. In a statement after these, so with a snapshot that sees what they waited for: the work and the checkpoint.
 *
 * The third does nothing where the first two forbid it, and their answers say why.
 *
 * @throws ExpandContractError EC_CHANGE_UNRECORDED, EC_PHASE_FORBIDS, EC_NOT_SYNCED, EC_RUN_STOPPED; what PostgreSQL
 *   raises as it comes.
 */
export async function runPage(client: ClientBase, change: AnyChange, input: PageInput): Promise<PageResult> {
  const settings = { lockTimeoutMs, statementTimeoutMs: input.rows > 1 ? pageTimeoutMs : 0 }
  const [locked, run, page] = (await queryInOneTrip(client, settings, [
    ...pageLockStatements({ run: input.run, changeId: change.id }),
    pageStatement(input),
  ])) as [
    QueryResult<Pick<ChangeRow, 'id' | 'phase' | 'syncSince'>>,
    QueryResult<Pick<Run, 'state' | 'syncSince'>>,
    QueryResult<PageCounts>,
  ]
  if (page.rows[0] !== undefined) return { kind: 'committed', counts: page.rows[0] }

  const undertaking = backfillUndertaking(input.direction)
  if (locked.rows[0] === undefined) throw failure('EC_CHANGE_UNRECORDED', { id: change.id })
  const row = requireEligible(locked.rows[0], undertaking)
  const standing = requireStanding(change.id, undertaking, row, run.rows[0])
  if (standing.state === 'done') return { kind: 'over' }
  // A cursor is never taken back, so a run that has one is overtaken no more.
  return { kind: input.first ? 'overtaken' : 'crowded' }
}
