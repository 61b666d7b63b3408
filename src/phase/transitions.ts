import { type Facts, keepsOldInSync } from './facts.ts'
import {
  armed,
  attested,
  drained,
  drainedWhereOldIsGivenUp,
  expandApplied,
  expandFinished,
  filled,
  type Guard,
  type GuardKind,
  handoverApplied,
  handoverNotApplied,
  newIndexesValid,
  newIsProved,
  newMayBeLeftOut,
  nobodyReadsNew,
  nobodyWritesNewAlone,
  nobodyWritesOldAlone,
  noDependents,
  noProcessBelowNewOnly,
  notDropped,
  oldCaughtUp,
  oldMayBeLeftOut,
  processesAtDualWrite,
  processesAtNewOnly,
  processesAtReadNew,
  processesKnowTheChange,
  quarantineEmpty,
  readsAreOnNew,
  syncHolds,
  triggerWorks,
  typesFit,
  verified,
  verifiedSinceEntry,
  verifiedWhereOldIsGivenUp,
  writersReachBothSides,
} from './guards/index.ts'
import { type Phase, phases, type Side } from './phase.ts'
import type { ProofEffect } from './proof.ts'

/** One step of a change's phase, and what it asks for. The sync trigger follows the phase (`triggerModeIn`). */
export interface Transition {
  readonly from: Phase
  readonly to: Phase
  readonly guards: readonly Guard[]
  /** Reads are held on old from here on, until an operator lifts it. */
  readonly holds?: true
  /** The percentage of keys that read new is set to this, and a hold is lifted. */
  readonly reads?: 0 | 100
  /** What the step does to the proof that both sides agree. Default: nothing. */
  readonly proof?: (facts: Facts) => ProofEffect
}

/** Every step there is. What is not in this table cannot happen. */
export const transitions: readonly Transition[] = [
  // The catalog is the witness: new column, sync trigger, indexes.
  { from: 'planned', to: 'expanded', guards: [expandApplied, typesFit, triggerWorks, writersReachBothSides] },
  // From here repositories write both sides. The trigger, where there is one, has done so for everybody since expand.
  {
    from: 'expanded',
    to: 'dual-write',
    guards: [expandFinished, typesFit, ...syncHolds, writersReachBothSides, processesKnowTheChange],
    proof: ({ sync }) => (sync === 'none' ? 'begins' : 'kept'),
  },
  // Reads may see the new side from here on, so it has to be whole.
  {
    from: 'dual-write',
    to: 'read-switch',
    guards: [typesFit, ...syncHolds, filled, verified, quarantineEmpty, newIndexesValid, processesAtDualWrite],
    reads: 0,
  },
  // The truth moves to the new side, in the same transaction in which the trigger begins to copy back.
  {
    from: 'read-switch',
    to: 'read-new',
    guards: [...syncHolds, verifiedSinceEntry, quarantineEmpty, processesAtDualWrite, readsAreOnNew],
    reads: 100,
  },
  // Repositories stop naming the old column. With copy-back the trigger keeps it in sync for whoever still reads it, and
  // for `back`; without, nobody may read it any more, and no forward page may be under way.
  {
    from: 'read-new',
    to: 'new-only',
    guards: [
      ...syncHolds,
      handoverApplied,
      oldMayBeLeftOut,
      verifiedWhereOldIsGivenUp,
      processesAtReadNew,
      drainedWhereOldIsGivenUp,
    ],
  },
  // The old column is about to be renamed and dropped: nobody may name it any more.
  {
    from: 'new-only',
    to: 'contracted',
    guards: [armed, ...syncHolds, newIsProved, noProcessBelowNewOnly, nobodyWritesOldAlone, noDependents],
  },

  // Nothing was lost on the way here, so nothing is lost on the way back.
  { from: 'expanded', to: 'abandoned', guards: [handoverNotApplied] },
  // Without the trigger nobody writes new from here on.
  {
    from: 'dual-write',
    to: 'expanded',
    guards: [newMayBeLeftOut, nobodyReadsNew],
    proof: ({ sync }) => (sync === 'none' ? 'void' : 'kept'),
  },
  { from: 'read-switch', to: 'dual-write', guards: [], reads: 0 },
  // Whoever goes back from reading new wants old reads at once, whatever the flag says.
  {
    from: 'read-new',
    to: 'read-switch',
    guards: [...syncHolds, oldCaughtUp, quarantineEmpty, nobodyWritesNewAlone],
    holds: true,
  },
  // Both sides are written again, and reads stay on new: where old was not kept in sync, `back` fills it before it is read.
  {
    from: 'new-only',
    to: 'read-new',
    guards: [triggerWorks],
    proof: (facts) => (keepsOldInSync(facts) ? 'kept' : 'resumes'),
  },
  // Reads stay on new, so a gap in the copies to the retired column does no harm yet.
  { from: 'contracted', to: 'new-only', guards: [notDropped, triggerWorks] },
]

/** Raising reads, within read-switch: more units see the new side, so it has to be whole and kept in sync. */
export const raisingReads: readonly Guard[] = [...syncHolds, filled, verified, quarantineEmpty, processesAtDualWrite]

/** Arming, within new-only: from here a write to old alone is refused instead of copied. */
export const arming: readonly Guard[] = [...syncHolds, processesAtNewOnly, drained, nobodyWritesOldAlone]

/** Renaming the old column out of the way, and dropping it: whoever names it would fail with every statement. */
export const retiring: readonly Guard[] = [noProcessBelowNewOnly, noDependents]

/** Beginning the proof anew, where the sync trigger was altered by hand: it has to work by now. */
export const provingAnew: readonly Guard[] = [triggerWorks]

/**
 * What a backfill waits for. With the sync trigger nothing: the lock that its creation took was the barrier. Without,
 * every writer must write both sides by then, or a row that a page has passed could change behind it.
 */
export function filling({ sync, phase }: Pick<Facts, 'sync' | 'phase'>): readonly Guard[] {
  if (sync === 'trigger') return []
  return [phases[phase].truth === 'old' ? processesAtDualWrite : processesAtReadNew, attested, drained]
}

/** The side that a fill copies from in a phase. */
export function fillsFrom(phase: Phase): Side {
  return phases[phase].truth
}

export function transitionBetween(from: Phase, to: Phase): Transition | undefined {
  return transitions.find((transition) => transition.from === from && transition.to === to)
}

/** Where a change can go from a phase. */
export function destinations(from: Phase): readonly Phase[] {
  return transitions.filter((transition) => transition.from === from).map(({ to }) => to)
}

export interface Blocker {
  readonly guard: string
  readonly kind: GuardKind
  readonly reason: string
}

/** Everything that stands in the way, asked of every guard, so that an operator sees all of it at once. */
export function blockersOf(guards: readonly Guard[], facts: Facts): readonly Blocker[] {
  return guards.flatMap((guard) =>
    guard.blockers(facts).map((reason) => ({ guard: guard.name, kind: guard.kind(facts), reason })),
  )
}
