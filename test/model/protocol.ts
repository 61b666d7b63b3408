import { nextStep } from '../../src/phase/next-step.ts'
import { modeIn, triggerModeIn } from '../../src/phase/phase.ts'
import { proofAfter, verifiedEpochAsFillBegins } from '../../src/phase/proof.ts'
import {
  arming,
  filling,
  fillsFrom,
  provingAnew,
  raisingReads,
  retiring,
  transitions,
} from '../../src/phase/transitions.ts'
import type { RowLock } from './state.ts'

/** What the implementation decides by: taken from `src/phase` as it is. */
const implementation = {
  nextStep,
  transitions,
  arming,
  filling,
  provingAnew,
  raisingReads,
  retiring,
  fillsFrom,
  proofAfter,
  verifiedEpochAsFillBegins,
  triggerModeIn,
  modeIn,
}

/** Everything of the protocol that a mutant may replace, one at a time. */
export interface Protocol {
  readonly decide: typeof implementation
  /** Guards that are not asked, by their names. */
  readonly guardsLeftOut: readonly string[]
  readonly guardsAskedUnder: 'the lock' | 'nothing'
  readonly comparesEpoch: boolean
  /** The lock under which the trigger is switched waits for open writers. */
  readonly switchWaitsForWriters: boolean
  /** Where the trigger's function has its mode from. */
  readonly modeComesFrom: 'the argument' | 'the phase'
  /** Without copy-back: a write that names old counts as one, whatever its value. */
  readonly fenceComparesNames: boolean
  /** A trigger that was altered by hand is noticed. */
  readonly noticesAlteration: boolean

  readonly pageLocksChange: boolean
  /** When a page, or a strict writer, reads the phase. */
  readonly phaseIsRead: 'after the lock' | 'in one statement with the lock'
  readonly pageChecksPhase: boolean
  readonly pageChecksItsRun: boolean
  /** `where new is NULL`: in a reverse fill, where old is. */
  readonly pageFills: 'where the sides disagree' | 'where new is NULL'
  /** How a page computes its values. */
  readonly transform: 'in SQL' | 'outside, compare-and-set' | 'outside, blindly'
  /** The lock on parent rows under which a page of a split works. */
  readonly pageLock: RowLock
  readonly pageOnConflict: 'update where distinct' | 'nothing'

  readonly failedVerificationVoids: boolean
  readonly mismatchIsLookedAtAgain: boolean

  /** A repository's update of a child row locks the parent row first. */
  readonly childUpdateLocksParentFirst: boolean
  /** From read-new on a trigger locks the parent row before a child row is inserted. */
  readonly childInsertLocksParentFirst: boolean
  readonly deletesCascade: boolean
  readonly childDeleteSetsOldNull: boolean

  /** Without trigger: how a write transaction asks for the phase. */
  readonly writers: 'strict' | 'by their lease'
  readonly dualWrite: 'in one transaction' | 'in two'
  /** What a process tells the registry, and when. */
  readonly registers: 'its oldest unit, before it goes on' | 'its oldest unit, after it went on' | 'its view alone'
  /** What becomes of a read by a process that slept past its lease, where nothing keeps old in sync. */
  readonly lateReads: 'discarded' | 'returned'
  readonly drainWaitsFor: 'virtual transactions' | 'transactions that have written'
}

export const rightProtocol: Protocol = {
  decide: implementation,
  guardsLeftOut: [],
  guardsAskedUnder: 'the lock',
  comparesEpoch: true,
  switchWaitsForWriters: true,
  modeComesFrom: 'the argument',
  fenceComparesNames: true,
  noticesAlteration: true,
  pageLocksChange: true,
  phaseIsRead: 'after the lock',
  pageChecksPhase: true,
  pageChecksItsRun: true,
  pageFills: 'where the sides disagree',
  transform: 'in SQL',
  pageLock: 'no key update',
  pageOnConflict: 'update where distinct',
  failedVerificationVoids: true,
  mismatchIsLookedAtAgain: true,
  childUpdateLocksParentFirst: true,
  childInsertLocksParentFirst: true,
  deletesCascade: true,
  childDeleteSetsOldNull: true,
  writers: 'strict',
  dualWrite: 'in one transaction',
  registers: 'its oldest unit, before it goes on',
  lateReads: 'discarded',
  drainWaitsFor: 'virtual transactions',
}
