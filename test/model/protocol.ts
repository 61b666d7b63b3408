import { nextStep } from '../../src/phase/next-step.ts'
import { isLenientIn, modeIn, triggerModeIn } from '../../src/phase/phase.ts'
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
  isLenientIn,
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
  /** When the guard of the quarantine is asked for the last time, where the trigger becomes strict. */
  readonly quarantineIsAsked: 'under the table lock' | 'with the other guards'
  /** Which writes of a value that the transform takes the trigger is called for. */
  readonly quarantineIsLeftBy: 'every write' | 'writes of old alone'
  /** Two tables: the trigger on the child knows why its row is deleted. */
  readonly quarantinesBeforeItDeletes: boolean
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
  /** A page of a split that fills old locks the child rows as well. */
  readonly pageLocksChild: boolean
  readonly pageOnConflict: 'update where distinct' | 'nothing'
  /** A page of a split reads in a statement after its locks, or goes by a snapshot from before them. */
  readonly pageReads: 'after its locks' | 'in one statement with its locks'

  readonly failedVerificationVoids: boolean
  readonly mismatchIsLookedAtAgain: boolean

  /** A repository locks the parent row before it writes the child alone. */
  readonly repositoryLocksParentFirst: boolean
  /** A repository writes a value to the child by an upsert, which finds what was committed after its snapshot. */
  readonly repositoryUpserts: boolean
  /** A repository finds a child row that it deletes in a statement after the parent lock, or by a snapshot from before it. */
  readonly childIsFound: 'after the parent lock' | 'in one statement with the parent lock'
  /** When a trigger locks the parent row before a child row is inserted. */
  readonly childInsertLocksParent: 'always' | 'from read-new on' | 'never'
  readonly deletesCascade: boolean
  /** The trigger on the parent deletes the child where old is set to NULL. */
  readonly oldNullDeletesChild: boolean
  /** The child has an AFTER DELETE trigger. */
  readonly childDeletesAreSeen: boolean

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
  quarantineIsAsked: 'under the table lock',
  quarantineIsLeftBy: 'every write',
  quarantinesBeforeItDeletes: true,
  noticesAlteration: true,
  pageLocksChange: true,
  phaseIsRead: 'after the lock',
  pageChecksPhase: true,
  pageChecksItsRun: true,
  pageFills: 'where the sides disagree',
  transform: 'in SQL',
  pageLock: 'no key update',
  pageLocksChild: true,
  pageOnConflict: 'update where distinct',
  pageReads: 'after its locks',
  failedVerificationVoids: true,
  mismatchIsLookedAtAgain: true,
  repositoryLocksParentFirst: true,
  repositoryUpserts: true,
  childIsFound: 'after the parent lock',
  childInsertLocksParent: 'always',
  deletesCascade: true,
  oldNullDeletesChild: true,
  childDeletesAreSeen: true,
  writers: 'strict',
  dualWrite: 'in one transaction',
  registers: 'its oldest unit, before it goes on',
  lateReads: 'discarded',
  drainWaitsFor: 'virtual transactions',
}
