import type { Violation } from './checker.ts'
import type { World } from './configuration.ts'
import { aged, committed, hasWritten, makesNewVersion, type Progress } from './engine.ts'
import { mapTransactions, type State, type Transaction, transactionsOf } from './state.ts'

/** What may become of an open transaction next. */
export interface Continuation {
  readonly label: string
  /** Without the transaction's own actor, who is put back by the caller. */
  readonly state: State
  readonly tx: Transaction | null
  readonly refused?: string
  readonly breaks?: Violation
}

/** Goes on by one operation, or ends it: by commit, or by a rollback, which is all that a crash leaves of it. */
export function continuations(
  state: State,
  tx: Transaction,
  world: World,
  { raw }: { readonly raw: boolean },
): Continuation[] {
  const aborted: Continuation = { label: 'rolls back', state, tx: null }
  if (tx.ready) return [{ label: commitLabel(tx), ...commit(state, tx) }, aborted]
  const progress = proceed(state, tx, world, raw)
  if (progress.kind === 'went on') return [{ label: operationLabel(tx, progress.tx), state, tx: progress.tx }, aborted]
  if (progress.kind === 'refused') {
    return [{ label: `is refused: ${progress.why}`, state, tx: null, refused: progress.why }]
  }
  const cycle = cycleOf(state, tx, progress.for, world)
  if (cycle === undefined) return [aborted]
  const breaks = cycle.some((member) => mayDeadlock(state, member)) ? {} : { breaks: deadlock }
  return [{ label: 'is ended by PostgreSQL: deadlock', state, tx: null, ...breaks }]
}

/** The lock on the change's row is had once nobody holds it against us; what was read before the wait is read. */
export function lockedChange(tx: Transaction): Transaction {
  return tx.waitsForChange ? { ...tx, waitsForChange: false, sharesChange: true } : tx
}

/** The arguments with which the trigger fires for a statement that begins now. */
export function argumentsNow({ control }: State): Pick<Transaction, 'mode' | 'lenient'> {
  return { mode: control.triggerOn ? control.mode : null, lenient: control.lenient }
}

function proceed(state: State, tx: Transaction, { configuration, protocol }: World, raw: boolean): Progress {
  const others = transactionsOf(state)
  const own = others.indexOf(tx) // two workers that stand alike are one object, so one of them stays
  if (own >= 0) others.splice(own, 1)
  const fires = protocol.modeComesFrom === 'the phase' || tx.at <= 0 ? { ...tx, ...argumentsNow(state) } : tx
  const comparesNames = state.control.comparesNames && state.control.triggerOn && protocol.fenceComparesNames
  return configuration.engine.proceed(fires, { row: state.row, others, protocol, comparesNames, raw })
}

function commit(state: State, tx: Transaction): { readonly state: State; readonly tx: null } {
  const row = committed(tx, state.row)
  const childIsGone = state.row.next !== 'none' && row.next === 'none'
  const moved = { ...state, row }
  const after = childIsGone ? mapTransactions(moved, losesSight) : moved
  return {
    state: makesNewVersion(tx) && hasWritten(tx) ? mapTransactions(after, aged) : after,
    tx: null,
  }
}

/** The row of its snapshot is deleted; one that is inserted after it is another. */
function losesSight(tx: Transaction): Transaction {
  return tx.sees === 'a child row' ? { ...tx, sees: 'a child row that is gone' } : tx
}

/** Those that wait for each other in a circle, `tx` among them. */
function cycleOf(state: State, tx: Transaction, holder: Transaction, world: World): readonly Transaction[] | undefined {
  const members = [tx]
  for (let next = holder; !members.includes(next); ) {
    members.push(next)
    if (next.ready) return undefined
    const progress = proceed(state, next, world, isRaw(state, next))
    if (progress.kind !== 'waits') return undefined
    if (progress.for === tx) return members
    next = progress.for
  }
  return undefined
}

function isRaw(state: State, tx: Transaction): boolean {
  return state.writers.some((writer) => writer.tx === tx)
}

const deadlock: Violation = { property: 'deadlock', fact: 'transactions wait for each other that never should' }

/** Who updates a child row past the repositories holds its lock before any trigger can take that of the parent. */
function mayDeadlock(state: State, tx: Transaction): boolean {
  return isRaw(state, tx) && tx.sees !== null && tx.sees !== 'no child row'
}

function commitLabel(tx: Transaction): string {
  return hasWritten(tx) ? 'commits' : 'commits, having changed nothing'
}

function operationLabel(before: Transaction, after: Transaction): string {
  const lock = (['parent', 'child'] as const).find((table) => before[table] !== after[table])
  const does: string[] = lock === undefined ? [] : [`locks the ${lock} row`]
  for (const side of ['old', 'next'] as const) {
    if (before[side] !== after[side])
      does.push(`sets ${side === 'old' ? 'old' : 'new'} to ${wordFor(after[side]!, after)}`)
  }
  if (after.quarantined !== before.quarantined)
    does.push(after.quarantined ? 'puts the key into quarantine' : 'takes the key out of quarantine')
  if (after.present === false && before.present === null) does.push('deletes the row')
  if (after.sees !== before.sees) does.push(`begins a statement, which sees ${after.sees}`)
  if (after.carried !== before.carried) does.push('reads the value to be copied')
  return does.length === 0 ? 'finds nothing to do' : does.join(', ')
}

const newValues: Readonly<Partial<Record<Transaction['outcome'], string>>> = {
  'held by old': 'the value that old holds',
  unfit: 'a value that the transform rejects',
}

function wordFor(value: NonNullable<Transaction['old']>, { outcome }: Transaction): string {
  if (value === 'pending') return newValues[outcome] ?? 'a new value'
  return value === 'none' ? 'NULL' : `the ${value} value`
}
