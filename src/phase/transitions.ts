import type { Facts } from './facts.ts'
import {
  armed,
  copiedBack,
  expandApplied,
  expandFinished,
  filled,
  type Guard,
  type GuardKind,
  handoverApplied,
  handoverNotApplied,
  newIndexesValid,
  nobodyWritesOldAlone,
  noDependents,
  noProcessBelowNewOnly,
  notDropped,
  processesAtNewOnly,
  processesAtReadNew,
  processesKnowTheChange,
  readsAreOnNew,
  sameTypes,
  triggerWorks,
  verified,
  verifiedSinceEntry,
  writersReachBothSides,
} from './guards.ts'
import type { Phase, TriggerMode } from './phase.ts'

/** One step of a change's phase, and what it asks for. */
export interface Transition {
  readonly from: Phase
  readonly to: Phase
  readonly guards: readonly Guard[]
  /** The mode that the sync trigger takes in the same transaction; left as it is where absent. */
  readonly mode?: TriggerMode
  /** Reads are held on old from here on, until an operator lifts it. */
  readonly holds?: true
  /** The percentage of keys that read new is set to this, and a hold is lifted. */
  readonly reads?: 0 | 100
}

/** Every step there is. What is not in this table cannot happen. */
export const transitions: readonly Transition[] = [
  // The catalog is the witness: new column, sync trigger, indexes.
  { from: 'planned', to: 'expanded', guards: [expandApplied, sameTypes, triggerWorks, writersReachBothSides] },
  // From here repositories write both sides. The trigger has done so for everybody since expand.
  {
    from: 'expanded',
    to: 'dual-write',
    guards: [expandFinished, sameTypes, triggerWorks, writersReachBothSides, processesKnowTheChange],
  },
  // Reads may see the new side from here on, so it has to be whole.
  {
    from: 'dual-write',
    to: 'read-switch',
    guards: [sameTypes, triggerWorks, filled, verified, newIndexesValid],
    reads: 0,
  },
  // The truth moves to the new side, in the same transaction in which the trigger begins to copy back.
  {
    from: 'read-switch',
    to: 'read-new',
    guards: [triggerWorks, verifiedSinceEntry, readsAreOnNew],
    mode: 'both',
    reads: 100,
  },
  // Repositories stop naming the old column; the trigger keeps it in sync for whoever still reads it, and for `back`.
  { from: 'read-new', to: 'new-only', guards: [triggerWorks, handoverApplied, processesAtReadNew] },
  // The old column is about to be renamed and dropped: nobody may name it any more.
  {
    from: 'new-only',
    to: 'contracted',
    guards: [armed, triggerWorks, verified, noProcessBelowNewOnly, nobodyWritesOldAlone, noDependents],
  },

  // Nothing was lost on the way here, so nothing is lost on the way back.
  { from: 'expanded', to: 'abandoned', guards: [handoverNotApplied] },
  { from: 'dual-write', to: 'expanded', guards: [] },
  { from: 'read-switch', to: 'dual-write', guards: [], reads: 0 },
  // Whoever goes back from reading new wants old reads at once, whatever the flag says.
  { from: 'read-new', to: 'read-switch', guards: [triggerWorks], mode: 'old', holds: true },
  // Never straight to mode `old`: processes at new-only still write new alone.
  { from: 'new-only', to: 'read-new', guards: [triggerWorks, copiedBack], mode: 'both' },
  // The retired column has been kept in sync; where the trigger did not work, nobody can say so.
  { from: 'contracted', to: 'new-only', guards: [notDropped, triggerWorks, copiedBack], mode: 'both' },
]

/** Raising reads, within read-switch: more units see the new side, so it has to be kept in sync. */
export const raisingReads: readonly Guard[] = [triggerWorks]

/** Arming, within new-only: from here a write to old alone is refused instead of copied. */
export const arming = {
  guards: [triggerWorks, processesAtNewOnly, nobodyWritesOldAlone] as readonly Guard[],
  mode: 'new' as const,
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
