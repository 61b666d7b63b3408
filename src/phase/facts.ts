import type { Step } from '../change/step.ts'
import type { LiveProcess } from './live-process.ts'
import type { Phase, Synchronisation, TriggerMode } from './phase.ts'

/** What the guards are asked about: everything that the database said of a change at one moment. Names and counts only. */
export interface Facts {
  readonly changeId: string
  /** `users.name`, `users.full_name`, `users.first, users.last`: for people. */
  readonly oldName: string
  readonly newName: string
  readonly phase: Phase
  readonly phaseSince: Date
  readonly epoch: number
  /** By the clock of the database. */
  readonly now: Date
  readonly syncSince: number | null
  readonly verifiedEpoch: number | null
  readonly verifiedAt: Date | null
  /** Confirmed mismatches that no repair has mended. */
  readonly openMismatches: number
  /** Rows whose transform rejects what they hold. */
  readonly quarantined: number
  readonly backfillDone: boolean
  /** Of the last backfill; `reverse` fills old from new, once the change has come back from where old was not written. */
  readonly backfillDirection: 'forward' | 'reverse'
  readonly readPercent: number
  /** Why reads are held on old, or null. */
  readonly hold: string | null
  readonly sync: Synchronisation
  /** Old stays in sync after new-only, by the sync trigger; never true without one. */
  readonly copyBack: boolean
  /** Somebody stated that nothing writes the table but repositories; asked for where there is no sync trigger. */
  readonly attested: boolean
  /** The wait for transactions that were open in the phase before; undefined where it has not begun in this epoch. */
  readonly drain: DrainFacts | undefined
  readonly soakMs: number
  readonly retiredAt: Date | null
  readonly droppedAt: Date | null
  /** The types of both sides in the database; undefined for one of which a column does not exist. */
  readonly columns: { readonly old: string | undefined; readonly new: string | undefined }
  /** Why values cannot be copied between columns of these types, and what to do about it; undefined where they can. */
  readonly typeProblem: string | undefined
  /** What values lose on the way from old to new and back, as declared; undefined for nothing. */
  readonly loses: string | undefined
  /** The sync trigger; undefined where it is not installed. */
  readonly trigger: TriggerFacts | undefined
  readonly steps: Readonly<Partial<Record<Step, StepState>>>
  /** Indexes of the table that a failed concurrent build left invalid. */
  readonly invalidIndexes: readonly string[]
  /** What would refuse a row that leaves the old column out or behind: NOT NULL, checks, foreign keys. */
  readonly oldConstraints: readonly string[]
  /** Roles that may read or write the old column and not the new one. */
  readonly rolesWithoutNewSide: readonly string[]
  /** Live processes that declare the changed table. */
  readonly processes: readonly LiveProcess[]
  /** The change has been in read-switch: somebody may have decided to read new. */
  readonly hasSwitched: boolean
  /** Since when sessions that write the old side alone are named: the last entry into dual-write. */
  readonly namedSince: Date | null
  /** Sessions that wrote the old side alone within the soak, one line each. */
  readonly unawareWriters: readonly string[]
  /** Views, policies, functions … that need the old column. */
  readonly dependents: readonly string[]
}

export interface TriggerFacts {
  readonly mode: TriggerMode
  /** Altered by somebody else since the toolkit last set it: for a while it may have been off. */
  readonly alteredByHand: boolean
  /** `tgenabled = 'A'` on all of them, so that no session setting passes by. */
  readonly enabledAlways: boolean
  /** User triggers that fire after ours and could change a side again. */
  readonly laterTriggers: readonly string[]
}

/** What a drain still waits for: transactions that were open when it began, each in words that name it. */
export interface DrainFacts {
  readonly waitingFor: readonly string[]
}

export type StepState = 'deferred' | 'running' | 'done' | 'void'

/** Verified: by a verification begun since both sides have been written without a gap, and no mismatch is open. */
export function isVerified({ syncSince, verifiedEpoch, openMismatches }: Facts): boolean {
  return syncSince !== null && verifiedEpoch !== null && verifiedEpoch >= syncSince && openMismatches === 0
}

/** Verified by a pass that finished since the change entered its phase. */
export function isVerifiedSinceEntry(facts: Facts): boolean {
  return isVerified(facts) && facts.verifiedAt !== null && facts.verifiedAt >= facts.phaseSince
}

/** True where old is kept in sync for as long as it exists, so that a process that lags behind loses nothing. */
export function keepsOldInSync({ sync, copyBack }: Pick<Facts, 'sync' | 'copyBack'>): boolean {
  return sync === 'trigger' && copyBack
}

/** Writes to old alone are refused; where there is no trigger nothing could be armed, and the guards stand in for it. */
export function isArmed({ sync, trigger }: Facts): boolean {
  return sync === 'none' || trigger?.mode === 'new' || trigger?.mode === 'fence'
}

/**
 * True where old may be behind new: the change has been where old was not written, or the trigger was off for a while,
 * and the reverse backfill or the verification that mends it is outstanding.
 */
export function oldMayBeBehind(facts: Facts): boolean {
  return facts.backfillDirection === 'reverse' && !(facts.backfillDone && isVerified(facts))
}
