import { type Engine, holderAgainst, type Scene, strongerOf } from './engine.ts'
import type { Transaction } from './state.ts'
import {
  backTrigger,
  cascade,
  checkForeignKey,
  deleteChild,
  deleteParent,
  fillChild,
  fillParent,
  forwardTrigger,
  insertChildByHand,
  lockChildForPage,
  lockParent,
  lockParentBeforeInsert,
  lockParentForPage,
  type Operation,
  takeSnapshot,
  updateChild,
  upsertChild,
  writeParent,
} from './two-table-operations.ts'

/**
 * Old is a column of a parent row, new is a child row with a foreign key (`ON DELETE CASCADE`); no child row stands for
 * NULL. A statement is a list of operations, those of the triggers that it fires included: other transactions come in
 * between, and may wait for each other.
 */
export const twoTables: Engine = {
  name: 'two tables',
  proceed: (tx, scene) => {
    const operation = operationsOf(tx, scene)[tx.at]!
    const lock = operation.lock(tx, scene)
    const holder = holderAgainst(operation.table, lock, scene.others)
    if (holder !== undefined) return { kind: 'waits', for: holder }
    const locked = { ...tx, [operation.table]: strongerOf(tx[operation.table], lock) }
    const after = operation.effect(locked, scene)
    if ('why' in after) return { kind: 'refused', why: after.why }
    const at = tx.at + 1
    return { kind: 'went on', tx: { ...after, at, ready: after.ready || at === operationsOf(after, scene).length } }
  },
}

/** What a transaction is made of; of what changes while it runs, it depends on the snapshot alone. */
function operationsOf(tx: Transaction, scene: Scene): readonly Operation[] {
  switch (tx.intent) {
    case 'fill new':
      return [...page(scene), fillChild, checkForeignKey, backTrigger]
    case 'fill old':
      return [...page(scene), lockChildForPage, fillParent, forwardTrigger]
    case 'old':
      return tx.outcome === 'deleted' ? deletesRow : [writeParent, forwardTrigger]
    case 'both':
      return tx.outcome === 'deleted' ? deletesRow : writesBoth(tx, scene)
    case 'hand copy':
      return [takeSnapshot, ...insertsChild(tx, scene, insertChildByHand)]
    default:
      if (tx.outcome === 'deleted') return deletesRow
      return scene.raw ? writesChildPastRepositories(tx, scene) : writesChild(tx, scene)
  }
}

const deletesRow: readonly Operation[] = [deleteParent, cascade]

/** Locks in one statement, then, in a second one, with a snapshot that sees what it waited for, does its work. */
function page({ protocol }: Scene): readonly Operation[] {
  return protocol.pageReads === 'after its locks' ? [lockParentForPage] : [takeSnapshot, lockParentForPage]
}

/** A repository, from dual-write to read-new: parent and child in one statement; a child to be deleted in a second one. */
function writesBoth({ outcome }: Transaction, { protocol }: Scene): readonly Operation[] {
  if (outcome === 'value' && protocol.repositoryUpserts) return [writeParent, upsertChild]
  const half = outcome === 'value' ? updateChild : deleteChild
  return protocol.childIsFound === 'after the parent lock'
    ? [writeParent, forwardTrigger, half]
    : [takeSnapshot, writeParent, half, forwardTrigger]
}

/** A repository, from new-only on. */
function writesChild({ outcome }: Transaction, { protocol }: Scene): readonly Operation[] {
  const write = outcome === 'nothing' ? deleteChild : upsertChild
  if (!protocol.repositoryLocksParentFirst) return [write, checkForeignKey, backTrigger]
  const snapshot = protocol.childIsFound === 'after the parent lock' ? [] : [takeSnapshot]
  return [...snapshot, lockParent, write, backTrigger]
}

/** Plain SQL on the child: an upsert where it has seen no row. */
function writesChildPastRepositories(tx: Transaction, scene: Scene): readonly Operation[] {
  if (tx.sees === 'no child row') {
    return tx.outcome === 'nothing' ? [takeSnapshot] : [takeSnapshot, ...insertsChild(tx, scene, upsertChild)]
  }
  return [takeSnapshot, tx.outcome === 'nothing' ? deleteChild : updateChild, backTrigger]
}

function insertsChild({ mode }: Transaction, { protocol }: Scene, insert: Operation): readonly Operation[] {
  const { childInsertLocksParent } = protocol
  const locksParent =
    mode !== null &&
    (childInsertLocksParent === 'always' || (childInsertLocksParent === 'from read-new on' && mode !== 'old'))
  return [...(locksParent ? [lockParentBeforeInsert] : []), insert, checkForeignKey, backTrigger]
}
