import type { Phase, Side, TriggerMode } from '../../src/phase/phase.ts'

/**
 * What a side holds, seen from the newest acknowledged write. Versions are not counted, so the number of writes has no
 * bound: every commit of a new version turns `current` into `stale` and `pending` into `current`.
 */
export type Value = 'none' | 'stale' | 'current' | 'pending'

/** What the newest acknowledged write left: a value, one that the transform rejects, nothing (NULL, or no child row), or no row at all. */
export type Latest = 'value' | 'unfit' | 'nothing' | 'deleted'

/** The one row of the model as it is committed. In two tables `old` is in the parent row and `next` is the child row. */
export interface Row {
  readonly present: boolean
  readonly old: Value
  readonly next: Value
  readonly latest: Latest
  /** Its key is in quarantine, since the transform rejects what old holds. */
  readonly quarantined: boolean
}

/** The change's row in the control tables, with numbers and times cut down to what is compared of them. */
export interface Control {
  readonly phase: Phase
  /** The argument of the sync trigger. */
  readonly mode: TriggerMode | null
  /** The trigger takes a statement that names old for a write of it, whatever its value. */
  readonly comparesNames: boolean
  /** Its second argument: a value that the transform rejects goes to quarantine, and its write succeeds. */
  readonly lenient: boolean
  /** Reads have been new, and units of work that were pinned then may be open still. */
  readonly hasSwitched: boolean
  /** `sync_since` is set. */
  readonly synced: boolean
  readonly filled: boolean
  readonly direction: 'forward' | 'reverse'
  /** `verified_epoch >= sync_since`. */
  readonly verified: boolean
  /** `verified_epoch` is set, be it from before `sync_since`. */
  readonly verifiedOnce: boolean
  /** The last good verification finished in this phase. */
  readonly verifiedSinceEntry: boolean
  readonly mismatch: boolean
  readonly held: boolean
  readonly attested: boolean
  readonly drainBegun: boolean
  /** The trigger works; a hand may switch it off for a while. */
  readonly triggerOn: boolean
  readonly altered: boolean
  readonly retired: boolean
  readonly dropped: boolean
  /** The refusal of writes to old alone was armed, by the step that has the guards for it. */
  readonly armed: boolean
  /** Something was forced past a courtesy guard. */
  readonly forced: boolean
  /** Steps of the phase so far; the bound of a configuration. */
  readonly steps: number
}

export type RowLock = 'none' | 'key share' | 'share' | 'no key update' | 'update'

/** What a transaction is about. `fill new` and `fill old` are pages; a `hand copy` does by hand what a page does. */
export type Intent = 'old' | 'new' | 'both' | 'fill new' | 'fill old' | 'hand copy'

/** What a write leaves. `held by old`: the very value that old holds already. `unfit`: one that the transform rejects. */
export type Outcome = 'value' | 'nothing' | 'deleted' | 'held by old' | 'unfit'

/** A transaction under way, with its locks and what it has written and not committed. */
export interface Transaction {
  readonly intent: Intent
  readonly outcome: Outcome
  /** The mode with which the trigger fires for its statement. */
  readonly mode: TriggerMode | null
  readonly lenient: boolean
  /** How many of its operations are done; -1 before the first statement. */
  readonly at: number
  readonly ready: boolean
  /** The lock on the row; in two tables on the parent row. */
  readonly parent: RowLock
  readonly child: RowLock
  readonly present: boolean | null
  readonly old: Value | null
  readonly next: Value | null
  readonly quarantined: boolean | null
  /** A value that was read in one statement, to be written in another. */
  readonly carried: Value | null
  /** Two tables: what its statement has a snapshot of; null where each operation finds what is there by then. */
  readonly sees: 'a child row' | 'no child row' | 'a child row that is gone' | null
  /** Holds FOR SHARE on the change's row. */
  readonly sharesChange: boolean
  /** Waits for that lock, and has read the phase already, in the same statement. */
  readonly waitsForChange: boolean
  /** Was open when the drain began. */
  readonly awaited: boolean
}

export type Excuse = 'no' | 'before the contract' | 'from the contract on'

/** A unit of work with its decision pinned. */
export interface Unit {
  readonly phase: Phase
  readonly read: Side
  /** The registry has lost sight of its process meanwhile. */
  readonly unseen: boolean
  /** The registry had lost sight of its process when the guards of a step were asked, so they could not spare it. */
  readonly excused: Excuse
}

/** A process that declares the change. It may stand still between any two of its steps for as long as it likes. */
export interface Process {
  /** The phase that it last saw. */
  readonly view: Phase
  readonly unit: Unit | null
  readonly tx: Transaction | null
  /** The registry sees it; false once its lease has run out. */
  readonly leased: boolean
  /** What the registry holds where that may differ from what is so; null where it is exact. */
  readonly reported: Phase | null
}

/** A writer of one side alone: an old release, another service, psql. */
export interface Writer {
  readonly side: Side
  readonly tx: Transaction | null
  /** Begins no transaction any more. */
  readonly gone: boolean
}

/** `fill` and `verify` run as long as `stands` says that the sides have been in sync since they began. */
export interface Task {
  readonly kind: 'fill' | 'verify'
  readonly direction: 'forward' | 'reverse'
  readonly stands: boolean
  /** The page is committed, or what the comparison found. */
  readonly found: 'nothing yet' | 'done' | 'agreement' | 'suspect' | 'mismatch'
}

export interface Worker {
  readonly task: Task | null
  readonly tx: Transaction | null
}

/** A step that an operator has decided on. */
export interface Decision {
  readonly name: string
  /** False once the change has moved since. */
  readonly current: boolean
}

export interface Operator {
  readonly decision: Decision | null
  /** Holds the change's row, and waits for the lock on the table. */
  readonly holding: boolean
}

/** One state of everything. Parts that a step leaves alone are shared with the state before. */
export interface State {
  readonly control: Control
  readonly row: Row
  readonly processes: readonly Process[]
  readonly writers: readonly Writer[]
  readonly workers: readonly Worker[]
  readonly operators: readonly Operator[]
}

export function replaceAt<Item>(items: readonly Item[], at: number, item: Item): readonly Item[] {
  const copy = items.slice()
  copy[at] = item
  return copy
}

/** Every open transaction. */
export function transactionsOf({ processes, writers, workers }: State): Transaction[] {
  const open: Transaction[] = []
  for (const { tx } of processes) if (tx !== null) open.push(tx)
  for (const { tx } of writers) if (tx !== null) open.push(tx)
  for (const { tx } of workers) if (tx !== null) open.push(tx)
  return open
}

/** Does something to every open transaction. */
export function mapTransactions(state: State, change: (tx: Transaction) => Transaction): State {
  const changed = <Actor extends { readonly tx: Transaction | null }>(actors: readonly Actor[]): readonly Actor[] =>
    actors.every(({ tx }) => tx === null || change(tx) === tx)
      ? actors
      : actors.map((actor) => (actor.tx === null ? actor : { ...actor, tx: change(actor.tx) }))
  return {
    ...state,
    processes: changed(state.processes),
    writers: changed(state.writers),
    workers: changed(state.workers),
  }
}

/** Somebody holds the change's row against everybody else. */
export function changeRowIsLocked({ operators }: State): boolean {
  return operators.some(({ holding }) => holding)
}

/** Somebody holds the change's row against transitions. */
export function changeRowIsShared(state: State): boolean {
  return transactionsOf(state).some(({ sharesChange }) => sharesChange)
}

/** Truth as the newest acknowledged write has it. */
export function holdsLatest(value: Value, { latest }: Row): boolean {
  return latest === 'value' || latest === 'unfit' ? value === 'current' : value === 'none'
}

/** The one test of agreement. What the transform rejects has nothing on the other side, and its key in quarantine. */
export function sidesAgree({ old, next, latest, quarantined }: Row): boolean {
  return latest === 'unfit' ? next === 'none' && quarantined : old === next
}
