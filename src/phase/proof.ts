import type { Facts } from './facts.ts'
import { type Phase, phases } from './phase.ts'

/**
 * What a step does to the proof that both sides agree. `kept`: the sides have been written together all the time.
 * `begins`: from here on they are, so the side that does not hold the truth has to be filled and verified. `resumes`: the
 * same, and new is known to lack nothing, since it was proved before old was given up. `void`: from here on they are not.
 */
export type ProofEffect = 'kept' | 'begins' | 'resumes' | 'void'

/** What is known of the agreement of both sides. */
export type Proof = Pick<Facts, 'syncSince' | 'verifiedEpoch' | 'backfillDone' | 'backfillDirection' | 'attested'>

/** The proof once a step has led to a phase; its epoch is the next one. */
export function proofAfter(effect: ProofEffect, to: Phase, facts: Proof & Pick<Facts, 'epoch'>): Proof {
  const { syncSince, verifiedEpoch, backfillDone, backfillDirection, attested } = facts
  const isFilledFromOld = phases[to].truth === 'old'
  if (effect === 'kept') {
    // Back where old holds the truth, the next time round is proved as if it were the first.
    const direction = isFilledFromOld ? 'forward' : backfillDirection
    return { syncSince, verifiedEpoch, backfillDone, backfillDirection: direction, attested }
  }
  return {
    syncSince: effect === 'void' ? null : facts.epoch + 1,
    // Older than `syncSince` from now on: what is left of it is that new was proved once.
    verifiedEpoch: effect === 'resumes' ? verifiedEpoch : null,
    backfillDone: false,
    backfillDirection: isFilledFromOld ? 'forward' : 'reverse',
    attested: false,
  }
}

/**
 * What a verification still says once a fill begins: nothing, as it has not seen what the fill does. Where old is filled,
 * that new was proved once stays true.
 */
export function verifiedEpochAsFillBegins(
  direction: Facts['backfillDirection'],
  { verifiedEpoch, syncSince }: { readonly verifiedEpoch: number | null; readonly syncSince: number },
): number | null {
  return direction === 'forward' || verifiedEpoch === null ? null : Math.min(verifiedEpoch, syncSince - 1)
}
