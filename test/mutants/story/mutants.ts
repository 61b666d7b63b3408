import type { ViolationKind } from './violations.ts'

export interface Mutant {
  /** The promise that a story sees broken. */
  readonly dies: ViolationKind
  /** Stories until it does: seeds 1 to so many. */
  readonly budget: number
}

/** Every mutant, by the name of its file. What each of them breaks is told in docs/mutants.md. */
export const mutants = {
  'offset-paging': { dies: 'sides disagree', budget: 1 },
  'read-switch-unfilled': { dies: 'stale read', budget: 1 },
  'read-switch-unverified': { dies: 'stale read', budget: 1 },
  'flags-unclamped': { dies: 'stale read', budget: 1 },
  'update-of-columns': { dies: 'sides disagree', budget: 2 },
  'not-enabled-always': { dies: 'sides disagree', budget: 1 },
  'sorts-before-users': { dies: 'sides disagree', budget: 2 },
  'default-too-early': { dies: 'lost write', budget: 1 },
  'no-copy-back': { dies: 'lost write', budget: 1 },
  'evaluated-twice': { dies: 'sides disagree', budget: 1 },
  'fills-nulls-only': { dies: 'sides disagree', budget: 1 },
  'mode-not-switched': { dies: 'refused write', budget: 1 },
  'no-epoch-check': { dies: 'both operators won', budget: 1 },
} as const satisfies Record<string, Mutant>

export type MutantName = keyof typeof mutants

/** What the right code has to survive: 20 times the stories in which the hardiest mutant dies. */
export const storiesToSurvive = 20 * Math.max(...Object.values(mutants).map(({ budget }) => budget))
