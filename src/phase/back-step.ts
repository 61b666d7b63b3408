import { type Facts, oldMayBeBehind } from './facts.ts'
import type { Phase } from './phase.ts'

/** One step back, as `back` offers it. */
export type BackStep =
  | { readonly kind: 'transition'; readonly to: Phase }
  /** The retired column gets its name back, and the change goes to new-only. */
  | { readonly kind: 'unretire' }
  /** Old was not written for a while, and is filled from new before it is read again. */
  | { readonly kind: 'backfill' }
  | { readonly kind: 'verify' }
  | { readonly kind: 'none'; readonly reason: string }

const previous: Readonly<Partial<Record<Phase, Phase>>> = {
  expanded: 'abandoned',
  'dual-write': 'expanded',
  'read-switch': 'dual-write',
  'read-new': 'read-switch',
  'new-only': 'read-new',
  contracted: 'new-only',
}

/** The next step back. */
export function backStep(facts: Facts): BackStep {
  return wayBack(facts)[0]!
}

/** All steps from where a change is to the phase before; one, or what has to come before it as well. Never empty. */
export function wayBack(facts: Facts): readonly BackStep[] {
  const { phase, retiredAt, droppedAt, oldName, backfillDone } = facts
  if (droppedAt !== null)
    return [{ kind: 'none', reason: `${oldName} has been dropped; only a restore brings it back` }]
  if (retiredAt !== null) return [{ kind: 'unretire' }]
  const to = previous[phase]
  if (to === undefined) return [{ kind: 'none', reason: `there is nothing before "${phase}"` }]
  const arrival: BackStep = { kind: 'transition', to }
  if (phase !== 'read-new' || !oldMayBeBehind(facts)) return [arrival]
  return backfillDone ? [{ kind: 'verify' }, arrival] : [{ kind: 'backfill' }, { kind: 'verify' }, arrival]
}
