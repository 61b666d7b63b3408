import { type Engine, effectOf, holderAgainst, type Scene, seenBy, strongerOf, writtenValue } from './engine.ts'
import type { RowLock, Transaction } from './state.ts'

/**
 * Old is a column of a parent row, new is a child row with a foreign key (`ON DELETE CASCADE`). AFTER triggers on both
 * tables copy; no child row stands for NULL. A statement is a list of operations, each of which takes one row lock: other
 * transactions come in between, and may wait for each other.
 */
export const twoTables: Engine = {
  name: 'two tables',
  proceed: (tx, scene) => {
    const operation = operationsOf(tx, scene)[tx.at]!
    const { table, lock } = operation
    const holder = holderAgainst(table, lock, scene.others)
    if (holder !== undefined) return { kind: 'waits', for: holder }
    const locked = { ...tx, [table]: strongerOf(tx[table], lock) }
    const after = operation.effect(locked, scene)
    if ('why' in after) return { kind: 'refused', why: after.why }
    const at = tx.at + 1
    return { kind: 'went on', tx: { ...after, at, ready: after.ready || at === operationsOf(tx, scene).length } }
  },
}

interface Operation {
  readonly table: 'parent' | 'child'
  readonly lock: RowLock
  readonly effect: (tx: Transaction, scene: Scene) => Transaction | { readonly why: string }
}

const refusal = (tx: Transaction): { readonly why: string } => ({
  why: `the trigger refuses ${tx.intent} alone in mode "${tx.mode}"`,
})
const finished = (tx: Transaction): Transaction => ({ ...tx, ready: true })

/** Which operations a statement is made of; it depends on nothing that changes while it runs but its own locks. */
function operationsOf(tx: Transaction, scene: Scene): readonly Operation[] {
  switch (tx.intent) {
    case 'fill new':
      return [lockParentForPage(scene), fillChild(scene)]
    case 'fill old':
      return [lockParentForPage(scene), fillParent]
    case 'second half':
      return [setChild]
    case 'new':
      if (tx.outcome === 'deleted') return [deleteParent, deleteChild]
      if (scene.raw && tx.outcome === 'nothing' && tx.at === 0 && scene.row.next === 'none') return [deleteNothing]
      return locksParentFirst(tx, scene) ? [lockParent, writeChild, copyBack] : [writeChild, copyBack]
    default:
      return tx.outcome === 'deleted' ? [deleteParent, deleteChild] : [writeParent, syncChild]
  }
}

/** Repositories lock the parent in the statement that writes the child; an insert of others is made to by a trigger. */
function locksParentFirst({ mode, at, parent }: Transaction, { row, raw, protocol }: Scene): boolean {
  if (at > 0) return parent !== 'none' && at < 3
  if (!raw) return protocol.childUpdateLocksParentFirst
  return protocol.childInsertLocksParentFirst && row.next === 'none' && mode !== null && mode !== 'old'
}

const deleteNothing: Operation = { table: 'child', lock: 'none', effect: finished }

const lockParent: Operation = {
  table: 'parent',
  lock: 'no key update',
  effect: (tx, { row }) => (row.present ? tx : finished(tx)),
}

const writeParent: Operation = {
  table: 'parent',
  lock: 'no key update',
  effect: (tx, { row }) => {
    const old = writtenValue(tx)
    if (tx.intent === 'old' && row.next !== old && effectOf(tx.mode, 'old alone') === 'refuse') return refusal(tx)
    return { ...tx, present: row.present ? null : true, old }
  },
}

/** The trigger on the parent, or the child's half of a dual write. */
const syncChild: Operation = {
  table: 'child',
  lock: 'no key update',
  effect: (tx) =>
    tx.intent === 'both' || effectOf(tx.mode, 'old alone') === 'copy forward' ? { ...tx, next: tx.old } : tx,
}

const setChild: Operation = {
  table: 'child',
  lock: 'no key update',
  effect: (tx) => ({ ...tx, next: tx.carried }),
}

const deleteParent: Operation = {
  table: 'parent',
  lock: 'update',
  effect: (tx, { row }) => (row.present ? { ...tx, present: false, old: 'none' } : finished(tx)),
}

const deleteChild: Operation = {
  table: 'child',
  lock: 'update',
  effect: (tx, { protocol }) => (protocol.deletesCascade ? { ...tx, next: 'none' } : tx),
}

const writeChild: Operation = {
  table: 'child',
  lock: 'no key update',
  effect: (tx, { row }) => {
    const next = writtenValue(tx)
    if (!row.present) return { why: 'there is no parent row' }
    if (next !== row.old && effectOf(tx.mode, 'new alone') === 'refuse') return refusal(tx)
    return { ...tx, next }
  },
}

/** The trigger on the child. */
const copyBack: Operation = {
  table: 'parent',
  lock: 'no key update',
  effect: (tx, { row, protocol }) => {
    if (effectOf(tx.mode, 'new alone') !== 'copy back') return tx
    if (!row.present) return { why: 'there is no parent row' }
    return tx.next === 'none' && !protocol.childDeleteSetsOldNull ? tx : { ...tx, old: tx.next }
  },
}

function lockParentForPage({ protocol }: Scene): Operation {
  return {
    table: 'parent',
    lock: protocol.pageLock,
    // What is read without a lock may be old by the time it is written.
    effect: (tx, { row }) =>
      row.present ? { ...tx, carried: tx.intent === 'fill new' ? row.old : row.next } : finished(tx),
  }
}

function fillChild({ protocol, row }: Scene): Operation {
  return {
    table: 'child',
    lock: 'no key update',
    effect: (tx) => {
      const value = protocol.pageLock === 'none' || protocol.pageLock === 'key share' ? tx.carried! : row.old
      const { next } = seenBy(tx, row)
      if (!row.present && protocol.deletesCascade) return { why: 'there is no parent row' }
      if (value === next || (protocol.pageOnConflict === 'nothing' && next !== 'none')) return tx
      return { ...tx, next: value }
    },
  }
}

const fillParent: Operation = {
  table: 'parent',
  lock: 'no key update',
  effect: (tx, { row }) => (row.next === row.old ? tx : { ...tx, old: row.next }),
}
