import { type BackfillProgress, ProgressMeter } from '../backfill/progress.ts'
import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import { requireDirect, type Session } from '../control/session.ts'
import { lockEligible, requireUnderWay, type Undertaking } from '../walk/eligible.ts'
import { lastKeyOf } from '../walk/last-key.ts'
import { releaseSettled } from '../walk/quarantine.ts'
import { withReadableErrors } from '../walk/readable-errors.ts'
import { shortTransaction, type Waiting } from '../walk/short-transaction.ts'
import { readTableShape, type TableShape } from '../walk/table-shape.ts'
import { defaultPatienceMs } from '../walk/until-unblocked.ts'
import { verificationPhases } from './allowed-phases.ts'
import { nothingFound, type PassReport, passOver, truthOf } from './pass.ts'
import { type Beginning, type Findings, isClean, recordVerdict } from './verdict.ts'

export interface VerificationProgress extends BackfillProgress {
  /** Confirmed so far and not repaired. */
  readonly mismatches: number
}

export interface VerificationOptions {
  /** Rows of one range. Default: 50,000. A range takes no row lock; more rows keep its snapshot for longer. */
  readonly rangeRows?: number
  /** Copies mismatches from the side that holds the truth in the phase, then verifies again. Default: `false`. */
  readonly repair?: boolean
  /** How long a range is tried while others hold locks that it needs, in milliseconds. Default: 60,000. */
  readonly patienceMs?: number
  /** Ends the verification after the range under way; it proves nothing then, and undoes nothing. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: VerificationProgress) => void
}

export interface VerificationResult extends Findings {
  /** `mismatches`: their keys are in `expand_contract.mismatches`. */
  readonly outcome: 'verified' | 'mismatches' | 'interrupted'
  readonly elapsedMs: number
}

const undertaking: Undertaking = { action: 'verification', phases: verificationPhases }

/**
 * Compares both sides of every row, in ranges of the primary key, and records what it proves.
 *
 * 1. Notes the epoch and `sync_since`, and the last key of now; later rows are the sync trigger's business.
 * 2. One statement for each range: how many rows, how many values on either side, how many rows that differ. No snapshot
 *    lasts for longer than a range.
 * 3. Rows that differ are looked at again under their row locks. What is still there is a mismatch.
 * 4. Rows that differ because their transform rejects what they hold are no mismatches: their keys go to quarantine. What
 *    was mended or deleted since leaves it.
 * 5. With `repair`, mismatches are copied from the side that holds the truth, and everything is compared once more.
 * 6. The verdict goes into the change's row and its history.
 *
 * @throws ExpandContractError EC_CHANGE_UNRECORDED, EC_CHANGE_ENDED, EC_DECLARATION_DIFFERS, EC_PHASE_FORBIDS, EC_NOT_SYNCED,
 *   EC_RUN_STOPPED, EC_SCHEMA_CHANGED_UNDER, EC_LOCK_TIMEOUT, EC_POOLED_CONNECTION, EC_QUERY_FAILED
 */
export async function verifyChange(
  session: Session,
  change: AnyChange,
  sides: Sides,
  options: VerificationOptions = {},
): Promise<VerificationResult> {
  requireDirect(session, 'a verification')
  return withReadableErrors({ change, sides, operation: undertaking.action }, async () => {
    const first = await verifyOnce(session, change, sides, options)
    if (first.repaired === 0 || first.outcome === 'interrupted') return first
    const second = await verifyOnce(session, change, sides, { ...options, repair: false })
    return { ...second, repaired: first.repaired, elapsedMs: first.elapsedMs + second.elapsedMs }
  })
}

async function verifyOnce(
  session: Session,
  change: AnyChange,
  sides: Sides,
  options: VerificationOptions,
): Promise<VerificationResult> {
  const { rangeRows = 50_000, repair = false, patienceMs = defaultPatienceMs, signal, onProgress } = options
  await requireUnderWay(session.db, change.id, undertaking)
  const shape = await readTableShape(session.client, change, sides)
  const meter = new ProgressMeter({ rowsSeen: 0, rowsChanged: 0, pages: 0 }, shape.rowsEstimated)
  const report = ({ findings, waitingFor = [] }: PassReport) => {
    meter.advance({ rowsSeen: findings.rows, rowsChanged: findings.repaired, pages: findings.ranges })
    onProgress?.({ ...meter.progress(waitingFor), mismatches: findings.mismatches })
  }
  const onBlocked = (waitingFor: readonly string[]) => report({ findings: nothingFound, waitingFor })
  const beginning = await begin(session, change, sides, shape.key, { patienceMs, onBlocked })

  const pass = { change, sides, shape, beginning, rangeRows, repair, patienceMs, signal, report }
  const { findings: compared, interrupted } = await passOver(session.client, pass)
  if (interrupted) return { ...compared, outcome: 'interrupted', elapsedMs: meter.elapsedMs }
  const waiting = {
    patienceMs,
    onBlocked: (waitingFor: readonly string[]) => report({ findings: compared, waitingFor }),
  }
  const walked = { sides, key: shape.key, truth: truthOf(pass), waiting }
  const findings = { ...compared, quarantined: await releaseSettled(session.client, change.id, walked) }
  await recordVerdict(session, change, sides, { undertaking, beginning, findings, waiting })
  return { ...findings, outcome: isClean(findings) ? 'verified' : 'mismatches', elapsedMs: meter.elapsedMs }
}

/** Notes where the change is, where the table ends, and the time, while transitions are kept away. */
async function begin(
  session: Session,
  change: AnyChange,
  sides: Sides,
  key: TableShape['key'],
  waiting: Waiting,
): Promise<Beginning> {
  return shortTransaction(session, change.id, waiting, async (tx) => {
    const row = await lockEligible(tx, change, sides, undertaking, 'share')
    const { rows } = await session.client.query<{ at: Date }>('SELECT clock_timestamp() AS at')
    return { row, at: rows[0]!.at, upperBound: await lastKeyOf(session.client, sides.table, key) }
  })
}
