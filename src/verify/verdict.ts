import { and, eq, isNull, lt, sql } from 'drizzle-orm'
import { changes } from '../../schema/changes.ts'
import { mismatches } from '../../schema/mismatches.ts'
import { directionIn } from '../backfill/allowed-phases.ts'
import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import type { ChangePatch } from '../control/change-row.ts'
import { appendHistory } from '../control/history.ts'
import type { Session } from '../control/session.ts'
import { failure } from '../errors/index.ts'
import { lockEligible, type SyncedRow, type Undertaking } from '../walk/eligible.ts'
import { shortTransaction, type Waiting } from '../walk/short-transaction.ts'

/** How things were when a verification began. */
export interface Beginning {
  readonly row: SyncedRow
  /** The last key of the table; null where it was empty. */
  readonly upperBound: readonly string[] | null
  /** By the clock of the database. */
  readonly at: Date
}

/** What a verification counted in one pass over the table. */
export interface Findings {
  readonly rows: number
  readonly withOld: number
  readonly withNew: number
  /** Confirmed under the row's lock and not repaired. */
  readonly mismatches: number
  readonly repaired: number
  /** Rows that are in quarantine at its end, and are no mismatches: their transform rejects what they hold. */
  readonly quarantined: number
  readonly ranges: number
  /** False where the pass ended before the last row, as there were too many mismatches to go on. */
  readonly complete: boolean
}

/** A pass that has seen every row and met no mismatch, not even one that it repaired. */
export function isClean({ mismatches, repaired, complete }: Findings): boolean {
  return mismatches + repaired === 0 && complete
}

/**
 * Records what a pass over the whole table has shown.
 *
 * - Without a mismatch the change is verified as of the epoch in which the pass began: what was true of each row then
 *   the sync trigger has kept true.
 * - With one, whatever an earlier verification had proved is void, and unless it was repaired the backfill has to run
 *   again, from the side that holds the truth.
 *
 * Locks the change's row FOR NO KEY UPDATE.
 *
 * @throws ExpandContractError EC_RUN_STOPPED where the sides have been out of sync meanwhile, and EC_PHASE_FORBIDS
 */
export async function recordVerdict(
  session: Session,
  change: AnyChange,
  sides: Sides,
  verdict: {
    readonly undertaking: Undertaking
    readonly beginning: Beginning
    readonly findings: Findings
    readonly waiting: Waiting
  },
): Promise<void> {
  const { undertaking, beginning, findings, waiting } = verdict
  await shortTransaction(session, change.id, waiting, async (tx) => {
    const row = await lockEligible(tx, change, sides, undertaking, 'no key update')
    if (row.syncSince !== beginning.row.syncSince) {
      const problem = 'the sides have not been written together all the time since it began, so it proves nothing'
      throw failure('EC_RUN_STOPPED', { id: change.id, action: undertaking.action, problem })
    }
    const isVerified = isClean(findings)
    const ofChange = and(eq(changes.scope, row.scope), eq(changes.id, row.id))
    await tx
      .update(changes)
      .set(isVerified ? verified(beginning, findings) : refuted(row, findings))
      .where(ofChange)
    if (isVerified) {
      // Found by an earlier verification, and gone. One that another has found meanwhile stays open.
      const earlier = and(
        eq(mismatches.scope, row.scope),
        eq(mismatches.changeId, row.id),
        isNull(mismatches.repairedAt),
        lt(mismatches.foundAt, beginning.at),
      )
      await tx.update(mismatches).set({ repairedAt: sql`now()` }).where(earlier)
    }
    await appendHistory(tx, {
      changeId: row.id,
      action: 'verify',
      fromPhase: row.phase,
      toPhase: row.phase,
      epoch: row.epoch,
      evidence: { ...findings, verified: isVerified, beganInEpoch: beginning.row.epoch },
    })
  })
}

function verified({ row: { epoch } }: Beginning, { rows }: Findings): ChangePatch {
  return { verifiedEpoch: epoch, verifiedAt: sql`now()`, verifiedRows: rows }
}

function refuted({ phase }: SyncedRow, { mismatches: open }: Findings): ChangePatch {
  const fillAgain: ChangePatch = { backfillState: 'pending', backfillDirection: directionIn(phase) }
  return {
    verifiedEpoch: null,
    verifiedAt: null,
    verifiedRows: null,
    ...(open > 0 ? fillAgain : {}),
  }
}
