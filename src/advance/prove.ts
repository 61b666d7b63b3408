import { type BackfillProgress, type BackfillResult, directionIn, runBackfill } from '../backfill/index.ts'
import type { Phase } from '../phase/phase.ts'
import { type VerificationResult, verifyChange } from '../verify/index.ts'
import type { Target } from './target.ts'

/** What a step did, for the command line to tell. */
export type Taken =
  | { readonly kind: 'moved' }
  | { readonly kind: 'backfilled'; readonly result: BackfillResult }
  | { readonly kind: 'verified'; readonly result: VerificationResult }

export interface Observing {
  readonly onProgress?: (progress: BackfillProgress) => void
}

/** Fills the side that does not hold the truth from the one that does. */
export async function fillSide(target: Target, phase: Phase, observing: Observing): Promise<Taken> {
  const { session, change, sides } = target
  const options = { ...watching(target, observing), direction: directionIn(phase) }
  const result = await runBackfill(session, change, sides, options)
  return { kind: 'backfilled', result }
}

export async function compareSides(target: Target, observing: Observing): Promise<Taken> {
  const { session, change, sides } = target
  return { kind: 'verified', result: await verifyChange(session, change, sides, watching(target, observing)) }
}

function watching({ signal }: Target, { onProgress }: Observing) {
  return { ...(signal === undefined ? {} : { signal }), ...(onProgress === undefined ? {} : { onProgress }) }
}
