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

export function backStep(facts: Facts): BackStep {
  const { phase, retiredAt, droppedAt, oldName, backfillDone } = facts
  if (droppedAt !== null) return { kind: 'none', reason: `${oldName} has been dropped; only a restore brings it back` }
  if (retiredAt !== null) return { kind: 'unretire' }
  if (phase === 'read-new' && oldMayBeBehind(facts)) return { kind: backfillDone ? 'verify' : 'backfill' }
  const to = previous[phase]
  return to === undefined ? { kind: 'none', reason: `there is nothing before "${phase}"` } : { kind: 'transition', to }
}
