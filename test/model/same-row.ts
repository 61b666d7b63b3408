import {
  type Engine,
  effectOf,
  holderAgainst,
  type Progress,
  rejected,
  released,
  type Scene,
  seenBy,
  writtenValue,
} from './engine.ts'
import { sidesAgree, type Transaction, type Value } from './state.ts'

/** Both sides are columns of one row: one lock, and a BEFORE trigger that sees both. */
export const sameRow: Engine = {
  name: 'same row',
  proceed: (tx, scene) => {
    if (tx.intent === 'fill new' || tx.intent === 'fill old') return fill(tx, scene)
    const holder = holderAgainst('parent', 'no key update', scene.others)
    if (holder !== undefined) return { kind: 'waits', for: holder }
    return write(tx, scene)
  },
}

function done(tx: Transaction): Progress {
  return { kind: 'went on', tx: { ...tx, at: tx.at + 1, ready: true } }
}

function write(tx: Transaction, scene: Scene): Progress {
  const { row, comparesNames } = scene
  const held: Transaction = { ...tx, parent: tx.outcome === 'deleted' ? 'update' : 'no key update' }
  const locked = tx.outcome === 'unfit' ? held : released(held, scene)
  if (tx.outcome === 'deleted') {
    return row.present ? done({ ...locked, present: false, old: 'none', next: 'none' }) : done(tx)
  }
  if (tx.intent === 'old' && tx.outcome === 'held by old') return writeWhatOldHolds(locked, comparesNames)
  if (tx.intent === 'hand copy') return done({ ...locked, next: row.old })
  const value = writtenValue(tx)
  const inserted = row.present ? null : true
  if (tx.intent === 'both') return done({ ...locked, present: inserted, old: value, next: value })
  return withTrigger(
    tx.intent === 'old' ? { ...locked, present: inserted, old: value } : { ...locked, present: inserted, next: value },
    seenBy(locked, row),
  )
}

function doneOrRefused(result: ReturnType<typeof rejected>): Progress {
  return 'why' in result ? { kind: 'refused', why: result.why } : done(result)
}

/** A row that was inserted gets NULL where nothing is given. */
function withTrigger(tx: Transaction, before: { readonly old: Value; readonly next: Value }): Progress {
  const after = { old: tx.old ?? before.old, next: tx.next ?? before.next }
  if (after.old === after.next) return done(tx)
  switch (effectOf(tx.mode, tx.intent === 'old' ? 'old alone' : 'new alone')) {
    case 'copy forward':
      return tx.outcome === 'unfit' ? doneOrRefused(rejected(tx)) : done({ ...tx, next: after.old })
    case 'copy back':
      return done({ ...tx, old: after.next })
    case 'refuse':
      return { kind: 'refused', why: `the trigger refuses ${tx.intent} alone in mode "${tx.mode}"` }
    default:
      return done(tx)
  }
}

/** Old is not changed by it, so a comparison of values takes the statement for one that wrote nothing. */
function writeWhatOldHolds(tx: Transaction, comparesNames: boolean): Progress {
  const written: Transaction = { ...tx, old: 'pending' }
  if (!comparesNames) return done(written)
  return effectOf(tx.mode, 'old alone') === 'refuse'
    ? { kind: 'refused', why: `the trigger refuses a statement that names old in mode "${tx.mode}"` }
    : done({ ...written, next: 'pending' })
}

/**
 * A page. Its WHERE is asked of the committed row first, so a row that agrees is passed by without waiting for whoever
 * writes it; one that differs is locked and asked again.
 */
function fill(tx: Transaction, { row, others, protocol }: Scene): Progress {
  const [from, to] = tx.intent === 'fill new' ? (['old', 'next'] as const) : (['next', 'old'] as const)
  const differs =
    protocol.pageFills === 'where new is NULL' ? row[to] === 'none' && row[from] !== 'none' : !sidesAgree(row)
  if (protocol.transform !== 'in SQL' && tx.at === 0) {
    return differs ? { kind: 'went on', tx: { ...tx, carried: row[from], at: 1 } } : done(tx)
  }
  const value = tx.carried ?? row[from]
  if (!row.present || (!differs && protocol.transform !== 'outside, blindly')) return done(tx)
  const holder = holderAgainst('parent', 'no key update', others)
  if (holder !== undefined) return { kind: 'waits', for: holder }
  if (protocol.transform === 'outside, compare-and-set' && value !== row[from]) return done(tx)
  const locked: Transaction = { ...tx, parent: 'no key update' }
  if (to === 'next' && row.latest === 'unfit') return done({ ...locked, next: 'none', quarantined: true })
  return done(to === 'next' ? { ...locked, next: value } : { ...locked, old: value })
}
