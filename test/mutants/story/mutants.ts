import type { SceneName } from '../scenes/scenes.ts'
import type { Variant } from './variants.ts'
import type { ViolationKind } from './violations.ts'

/** A mutant that dies in the stories of a variant, or in one scene. */
export type Mutant = {
  /** The promise that is seen broken. */
  readonly dies: ViolationKind
} & (InStories | InScene)

interface InStories {
  readonly variant: Variant
  /** Stories until it does: seeds 1 to so many. */
  readonly budget: number
}

interface InScene {
  readonly scene: SceneName
}

/** Every mutant, by the name of its file. What each of them breaks is told in docs/mutants.md. */
export const mutants = {
  'offset-paging': { variant: 'copy-back', dies: 'sides disagree', budget: 1 },
  'read-switch-unfilled': { variant: 'copy-back', dies: 'stale read', budget: 1 },
  'read-switch-unverified': { variant: 'copy-back', dies: 'stale read', budget: 2 },
  'flags-unclamped': { variant: 'copy-back', dies: 'stale read', budget: 1 },
  'update-of-columns': { variant: 'copy-back', dies: 'sides disagree', budget: 1 },
  'not-enabled-always': { variant: 'copy-back', dies: 'sides disagree', budget: 1 },
  'sorts-before-users': { variant: 'copy-back', dies: 'sides disagree', budget: 1 },
  'default-too-early': { variant: 'copy-back', dies: 'lost write', budget: 1 },
  'no-copy-back': { variant: 'copy-back', dies: 'lost write', budget: 2 },
  'evaluated-twice': { variant: 'copy-back', dies: 'sides disagree', budget: 1 },
  'fills-nulls-only': { variant: 'copy-back', dies: 'sides disagree', budget: 1 },
  'mode-not-switched': { variant: 'copy-back', dies: 'refused write', budget: 1 },
  'no-epoch-check': { variant: 'copy-back', dies: 'both operators won', budget: 1 },
  'alteration-unnoticed': { variant: 'copy-back', dies: 'stale read', budget: 1 },
  'guards-asked-before-the-lock': { variant: 'copy-back', dies: 'stale read', budget: 1 },
  'names-not-compared': { variant: 'no-copy-back', dies: 'lost write', budget: 1 },
  'old-not-caught-up': { variant: 'no-copy-back', dies: 'lost write', budget: 3 },
  'fills-nulls-only-untriggered': { variant: 'no-trigger', dies: 'sides disagree', budget: 2 },
  'two-autocommits': { variant: 'no-trigger', dies: 'sides disagree', budget: 1 },
  'filled-before-the-drain': { variant: 'no-trigger', dies: 'lost write', budget: 1 },
  'proof-outlives-a-gap': { variant: 'no-trigger', dies: 'stale read', budget: 2 },
  'back-in-one-step': { variant: 'no-trigger', dies: 'stale read', budget: 1 },
  'fills-blindly': { variant: 'no-trigger', dies: 'sides disagree', budget: 1 },
  'lease-only': { variant: 'no-trigger', dies: 'sides disagree', budget: 1 },
  'decision-outlives-its-phase': { variant: 'no-trigger', dies: 'sides disagree', budget: 1 },
  'mode-looked-up': { scene: 'snapshot from before', dies: 'sides disagree' },
  'armed-too-early': { scene: 'arm while a process is behind', dies: 'refused write' },
  'suspects-not-looked-at-again': { scene: 'mend while it is verified', dies: 'false mismatch' },
  'quarantine-asked-before-the-lock': { scene: 'rejected before the lock', dies: 'sides disagree' },
  'released-uncopied': { scene: 'label added while it is verified', dies: 'stale read' },
  'lenient-in-read-switch': { scene: 'rejected in read-switch', dies: 'stale read' },
  'agreement-forward-only': { scene: 'written with a loss', dies: 'lost write' },
} as const satisfies Record<string, Mutant>

export type MutantName = keyof typeof mutants

/** What the right code of a variant has to survive: 20 times the stories in which its hardiest mutant dies. */
export function storiesToSurvive(variant: Variant): number {
  const all: readonly Mutant[] = Object.values(mutants)
  const budgets = all.map((mutant) => ('variant' in mutant && mutant.variant === variant ? mutant.budget : 0))
  return 20 * Math.max(...budgets)
}
