import { type Facts, keepsOldInSync } from '../facts.ts'

/**
 * `safety`: breaking it can lose or falsify data, so nothing overrides it. `courtesy`: breaking it can only refuse a
 * write of a process that is still alive, so it yields to `--force <reason>`.
 */
export type GuardKind = 'safety' | 'courtesy'

export interface Guard {
  readonly name: string
  readonly kind: (facts: Facts) => GuardKind
  /** What stands in the way, each in one sentence that names it; empty where the guard holds. */
  readonly blockers: (facts: Facts) => readonly string[]
}

export const safety = () => 'safety' as const
export const courtesy = () => 'courtesy' as const

/** A courtesy while the sync trigger keeps old in sync for whoever lags behind; without that, data hangs on it. */
export const safetyUnlessInSync = (facts: Facts): GuardKind => (keepsOldInSync(facts) ? 'courtesy' : 'safety')
