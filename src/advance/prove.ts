import {
  type BackfillOptions,
  type BackfillProgress,
  type BackfillResult,
  directionIn,
  runBackfill,
} from '../backfill/index.ts'
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

export type FillOptions = Observing & Pick<BackfillOptions, 'pageRows'>

/** Fills the side that does not hold the truth from the one that does. */
export function fill(target: Target, phase: Phase, { pageRows, ...observing }: FillOptions): Promise<BackfillResult> {
  const { session, change, sides } = target
  return runBackfill(session, change, sides, {
    ...watching(target, observing),
    ...(pageRows === undefined ? {} : { pageRows }),
    direction: directionIn(phase),
  })
}

export async function fillSide(target: Target, phase: Phase, observing: Observing): Promise<Taken> {
  return { kind: 'backfilled', result: await fill(target, phase, observing) }
}

export async function compareSides(target: Target, observing: Observing): Promise<Taken> {
  const { session, change, sides } = target
  return { kind: 'verified', result: await verifyChange(session, change, sides, watching(target, observing)) }
}

function watching({ signal }: Target, { onProgress }: Observing) {
  return { ...(signal === undefined ? {} : { signal }), ...(onProgress === undefined ? {} : { onProgress }) }
}
