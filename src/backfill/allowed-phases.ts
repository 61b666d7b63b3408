import type { FillDirection } from '../control/change-row.ts'
import type { Phase, Side } from '../phase/phase.ts'
import { fillsFrom } from '../phase/transitions.ts'

/**
 * Where a backfill may run. It copies from the side that holds the truth, so a forward page after the truth has moved
 * would overwrite it with what it replaced; every page asks again, with the phase pinned.
 */
export const backfillPhases: Readonly<Record<FillDirection, readonly Phase[]>> = {
  forward: ['expanded', 'dual-write', 'read-switch'],
  reverse: ['read-new', 'new-only'],
}

/** The side that is copied from, by the direction of a backfill. */
export const filledFrom: Readonly<Record<FillDirection, Side>> = { forward: 'old', reverse: 'new' }

/** The direction of a backfill in a phase: from the side that holds the truth. */
export function directionIn(phase: Phase): FillDirection {
  return fillsFrom(phase) === 'old' ? 'forward' : 'reverse'
}
