import { effectOf, rejected, released, type Scene, seenBy, writtenValue } from './engine.ts'
import type { RowLock, Transaction } from './state.ts'

/** One step of a statement, or of a trigger that it fires: takes one row lock, then has its effect at once. */
export interface Operation {
  readonly table: 'parent' | 'child'
  /** `none` where it finds no row: nobody waits for a row that is not there. */
  readonly lock: (tx: Transaction, scene: Scene) => RowLock
  readonly effect: (tx: Transaction, scene: Scene) => Transaction | { readonly why: string }
}

const finished = (tx: Transaction): Transaction => ({ ...tx, ready: true })
const parentIsMissing = { why: 'there is no parent row' }
const refusal = (tx: Transaction, side: 'old' | 'new'): { readonly why: string } => ({
  why: `the trigger refuses ${side} alone in mode "${tx.mode}"`,
})

/** The snapshot by which all of a statement goes, from before any lock that it waits for. */
export const takeSnapshot: Operation = {
  table: 'child',
  lock: () => 'none',
  effect: (tx, { row }) => ({
    ...tx,
    sees: row.next === 'none' ? 'no child row' : 'a child row',
    carried: tx.intent === 'fill old' ? row.next : tx.intent === 'hand copy' ? row.old : null,
  }),
}

/**
 * Whether an UPDATE or DELETE finds the child row. What another transaction has inserted is not there before it commits,
 * and, for a statement with a snapshot, not even then.
 */
function findsChild(tx: Transaction, { row }: Scene): boolean {
  if (tx.next !== null) return tx.next !== 'none'
  return row.next !== 'none' && (tx.sees === null || tx.sees === 'a child row')
}

/** What a trigger finds: it is a statement of its own, with a snapshot of its own. */
function triggerFindsChild(tx: Transaction, { row }: Scene): boolean {
  return seenBy(tx, row).next !== 'none'
}

/** UPDATE or INSERT of the parent row. */
export const writeParent: Operation = {
  table: 'parent',
  lock: () => 'no key update',
  effect: (tx, scene) => {
    const written = { ...tx, present: scene.row.present ? null : true, old: writtenValue(tx) }
    return tx.outcome === 'unfit' ? written : released(written, scene)
  },
}

/** What repositories do first from read-new on; one that inserts a row inserts the parent, without a value. */
export const lockParent: Operation = {
  table: 'parent',
  lock: (tx, { row }) => (row.present || tx.outcome === 'value' ? 'no key update' : 'none'),
  effect: (tx, { row }) => {
    if (row.present) return tx
    return tx.outcome === 'value' ? { ...tx, present: true, old: 'none' } : finished(tx)
  },
}

/** The BEFORE INSERT trigger on the child. */
export const lockParentBeforeInsert: Operation = {
  table: 'parent',
  lock: (_, { row }) => (row.present ? 'no key update' : 'none'),
  effect: (tx, { row }) => (row.present ? tx : parentIsMissing),
}

/** The foreign key, of whoever inserts a child row. */
export const checkForeignKey: Operation = {
  table: 'parent',
  lock: (_, { row, protocol }) => (row.present && protocol.deletesCascade ? 'key share' : 'none'),
  effect: (tx, { row, protocol }) => (protocol.deletesCascade && !seenBy(tx, row).present ? parentIsMissing : tx),
}

/** INSERT … ON CONFLICT DO UPDATE: waits for whoever has inserted the row, and finds it whatever the snapshot. */
export const upsertChild: Operation = {
  table: 'child',
  lock: () => 'no key update',
  effect: (tx) => ({ ...tx, next: writtenValue(tx) }),
}

/** INSERT … SELECT … ON CONFLICT DO NOTHING, by hand. */
export const insertChildByHand: Operation = {
  table: 'child',
  lock: () => 'no key update',
  effect: (tx, { row }) => (tx.carried === 'none' || row.next !== 'none' ? finished(tx) : { ...tx, next: tx.carried }),
}

export const updateChild: Operation = {
  table: 'child',
  lock: (tx, scene) => (findsChild(tx, scene) ? 'no key update' : 'none'),
  effect: (tx, scene) => (findsChild(tx, scene) ? { ...tx, next: writtenValue(tx) } : tx),
}

export const deleteChild: Operation = {
  table: 'child',
  lock: (tx, scene) => (findsChild(tx, scene) ? 'update' : 'none'),
  effect: (tx, scene) => (findsChild(tx, scene) ? { ...tx, next: 'none' } : tx),
}

export const deleteParent: Operation = {
  table: 'parent',
  lock: (_, { row }) => (row.present ? 'update' : 'none'),
  effect: (tx, scene) => (scene.row.present ? { ...released(tx, scene), present: false, old: 'none' } : finished(tx)),
}

/** ON DELETE CASCADE. */
export const cascade: Operation = {
  table: 'child',
  lock: (tx, scene) => (scene.protocol.deletesCascade && triggerFindsChild(tx, scene) ? 'update' : 'none'),
  effect: (tx, scene) => (scene.protocol.deletesCascade && triggerFindsChild(tx, scene) ? { ...tx, next: 'none' } : tx),
}

/** The AFTER trigger on the parent, of whoever has changed old, or named it where names are compared. */
export const forwardTrigger: Operation = {
  table: 'child',
  lock: (tx, scene) => {
    if (!copiesForward(tx, scene)) return 'none'
    if (tx.old !== 'none' && tx.outcome !== 'unfit') return 'no key update'
    return triggerFindsChild(tx, scene) ? 'update' : 'none'
  },
  effect: (tx, scene) => {
    if (!firesForward(tx, scene)) return tx
    if (tx.outcome === 'unfit' && copiesForward(tx, scene)) return rejectedForward(tx, scene)
    const { next } = seenBy(tx, scene.row)
    if (next === tx.old) return tx
    if (copiesForward(tx, scene)) return { ...tx, next: tx.old }
    return effectOf(tx.mode, 'old alone') === 'refuse' ? refusal(tx, 'old') : tx
  },
}

/** The child row goes, and its own trigger sees that: it has to know that the key is in quarantine. */
function rejectedForward(tx: Transaction, scene: Scene): ReturnType<typeof rejected> {
  const isDeleted = triggerFindsChild(tx, scene)
  if (tx.lenient && isDeleted && !scene.protocol.quarantinesBeforeItDeletes) return refusal(tx, 'new')
  return rejected(tx)
}

function firesForward(tx: Transaction, { row, comparesNames }: Scene): boolean {
  if (tx.old === null || tx.old === row.old) return false
  return tx.outcome !== 'held by old' || comparesNames
}

function copiesForward(tx: Transaction, scene: Scene): boolean {
  if (tx.old === 'none' && !scene.protocol.oldNullDeletesChild) return false
  return firesForward(tx, scene) && effectOf(tx.mode, 'old alone') === 'copy forward'
}

/** The AFTER triggers on the child, of whoever has inserted, changed or deleted it; no child row stands for NULL. */
export const backTrigger: Operation = {
  table: 'parent',
  lock: (tx, { row }) => (copiesBack(tx) && row.present ? 'no key update' : 'none'),
  effect: (tx, { row, protocol }) => {
    const { present, old } = seenBy(tx, row)
    if (tx.next === null || !present || tx.next === old || tx.quarantined === true) return tx
    if (tx.next === 'none' && !protocol.childDeletesAreSeen) return tx
    if (copiesBack(tx)) return { ...tx, old: tx.next }
    return effectOf(tx.mode, 'new alone') === 'refuse' ? refusal(tx, 'new') : tx
  },
}

function copiesBack({ mode, next }: Transaction): boolean {
  return next !== null && effectOf(mode, 'new alone') === 'copy back'
}

/** A page locks the parent rows; what it reads of them without a lock may be old by the time it is written. */
export const lockParentForPage: Operation = {
  table: 'parent',
  lock: (_, { row, protocol }) => (row.present ? protocol.pageLock : 'none'),
  effect: (tx, { row }) => {
    if (!row.present) return finished(tx)
    if (tx.intent === 'fill old') return tx
    return row.latest === 'unfit' ? { ...tx, carried: 'none', quarantined: true } : { ...tx, carried: row.old }
  },
}

/** A page that fills old locks the child rows besides, and reads them. */
export const lockChildForPage: Operation = {
  table: 'child',
  lock: (tx, scene) => (scene.protocol.pageLocksChild && findsChild(tx, scene) ? 'no key update' : 'none'),
  effect: (tx, { row }) => (tx.sees === null ? { ...tx, carried: row.next } : tx),
}

export const fillChild: Operation = {
  table: 'child',
  lock: (tx, scene) => {
    if (tx.carried !== 'none') return 'no key update'
    return findsChild(tx, scene) ? 'update' : 'none'
  },
  effect: (tx, scene) => {
    const { next } = scene.row
    if (tx.carried === next) return tx
    if (tx.carried === 'none') return findsChild(tx, scene) ? { ...tx, next: 'none' } : tx
    return scene.protocol.pageOnConflict === 'nothing' && next !== 'none' ? tx : { ...tx, next: tx.carried }
  },
}

export const fillParent: Operation = {
  table: 'parent',
  lock: () => 'no key update',
  effect: (tx, { row }) => (tx.carried === row.old ? tx : { ...tx, old: tx.carried }),
}
