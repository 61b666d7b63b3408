import type { Facts } from './facts.ts'
import type { Phase } from './phase.ts'

/** One step back, as `back` offers it. */
export type BackStep =
  | { readonly kind: 'transition'; readonly to: Phase }
  /** The retired column gets its name back, and the change goes to new-only. */
  | { readonly kind: 'unretire' }
  | { readonly kind: 'none'; readonly reason: string }

const previous: Readonly<Partial<Record<Phase, Phase>>> = {
  expanded: 'abandoned',
  'dual-write': 'expanded',
  'read-switch': 'dual-write',
  'read-new': 'read-switch',
  'new-only': 'read-new',
  contracted: 'new-only',
}

export function backStep({ phase, retiredAt, droppedAt, oldName }: Facts): BackStep {
  if (droppedAt !== null) return { kind: 'none', reason: `${oldName} has been dropped; only a restore brings it back` }
  if (retiredAt !== null) return { kind: 'unretire' }
  const to = previous[phase]
  return to === undefined ? { kind: 'none', reason: `there is nothing before "${phase}"` } : { kind: 'transition', to }
}
