import type { TriggerMode } from '../../src/phase/phase.ts'
import type { Protocol } from './protocol.ts'
import type { Row, RowLock, Transaction, Value } from './state.ts'
import { type TriggerEffect, triggerTable, type Written } from './trigger.ts'

/** How one kind of change lays its sides out in tables, and what statements do to them under READ COMMITTED. */
export interface Engine {
  readonly name: 'same row' | 'two tables'
  /** Goes on with a transaction by one operation. */
  readonly proceed: (tx: Transaction, scene: Scene) => Progress
}

/** What an operation meets. */
export interface Scene {
  /** As committed. */
  readonly row: Row
  readonly others: readonly Transaction[]
  readonly protocol: Protocol
  /** The trigger looks at names. */
  readonly comparesNames: boolean
  /** A writer that is not a repository. */
  readonly raw: boolean
}

export type Progress =
  | { readonly kind: 'went on'; readonly tx: Transaction }
  /** An error; the transaction is rolled back. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'waits'; readonly for: Transaction }

export const newTransaction: Transaction = {
  intent: 'old',
  outcome: 'value',
  mode: null,
  lenient: false,
  at: 0,
  ready: false,
  parent: 'none',
  child: 'none',
  present: null,
  old: null,
  next: null,
  quarantined: null,
  carried: null,
  sees: null,
  sharesChange: false,
  waitsForChange: false,
  awaited: false,
}

/** https://www.postgresql.org/docs/current/explicit-locking.html, row-level locks. */
const conflicts: Readonly<Record<RowLock, readonly RowLock[]>> = {
  none: [],
  'key share': ['update'],
  share: ['no key update', 'update'],
  'no key update': ['share', 'no key update', 'update'],
  update: ['key share', 'share', 'no key update', 'update'],
}

const strength: readonly RowLock[] = ['none', 'key share', 'share', 'no key update', 'update']

/** Whoever holds the row in a way that keeps `lock` out. */
export function holderAgainst(
  table: 'parent' | 'child',
  lock: RowLock,
  others: readonly Transaction[],
): Transaction | undefined {
  return others.find((other) => conflicts[lock].includes(other[table]))
}

/** A lock is never given back for a weaker one. */
export function strongerOf(one: RowLock, other: RowLock): RowLock {
  return strength.indexOf(one) < strength.indexOf(other) ? other : one
}

/** The row as a transaction sees it: what is committed, and what it has written itself. */
export function seenBy({ present, old, next }: Transaction, row: Row): Pick<Row, 'present' | 'old' | 'next'> {
  return { present: present ?? row.present, old: old ?? row.old, next: next ?? row.next }
}

/** What the trigger does, or nothing where there is none or it is off. */
export function effectOf(mode: TriggerMode | null, written: Written): TriggerEffect | undefined {
  return mode === null ? undefined : triggerTable[mode][written]
}

/** A page copies what is there already, and makes no new version. */
export function makesNewVersion({ intent }: Transaction): boolean {
  return intent === 'old' || intent === 'new' || intent === 'both'
}

/** What a write puts on a side. */
export function writtenValue({ outcome }: Transaction): Value {
  return outcome === 'nothing' || outcome === 'deleted' ? 'none' : 'pending'
}

/** Makes what a transaction wrote the committed state. */
export function committed(tx: Transaction, row: Row): Row {
  const seen = { ...seenBy(tx, row), quarantined: tx.quarantined ?? row.quarantined }
  if (!makesNewVersion(tx) || !hasWritten(tx)) return { ...row, ...seen }
  const settle = (value: Value): Value => (value === 'pending' ? 'current' : value === 'current' ? 'stale' : value)
  return {
    ...row,
    ...seen,
    old: settle(seen.old),
    next: settle(seen.next),
    latest: tx.outcome === 'held by old' ? 'value' : tx.outcome,
  }
}

/** The transform raised: up to dual-write the other side becomes NULL and the key goes to quarantine; later the write fails. */
export function rejected(tx: Transaction): Transaction | { readonly why: string } {
  return tx.lenient ? { ...tx, next: 'none', quarantined: true } : { why: unfitIsRefused }
}

export const unfitIsRefused = 'the transform raises, and the trigger is strict'

/** A value that the transform takes brings its key out of quarantine. */
export function released(tx: Transaction, { row, protocol }: Scene): Transaction {
  const isSeen = protocol.quarantineIsLeftBy === 'every write' || tx.intent === 'old'
  return row.quarantined && isSeen ? { ...tx, quarantined: false } : tx
}

export function hasWritten({ present, old, next }: Transaction): boolean {
  return present !== null || old !== null || next !== null
}

/** What other transactions hold of the version that has just been replaced is stale from now on. */
export function aged(tx: Transaction): Transaction {
  if (tx.carried !== 'current' && tx.old !== 'current' && tx.next !== 'current') return tx
  const age = (value: Value | null): Value | null => (value === 'current' ? 'stale' : value)
  return { ...tx, carried: age(tx.carried), old: age(tx.old), next: age(tx.next) }
}
