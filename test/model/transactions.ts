import type { TriggerMode } from '../../src/phase/phase.ts'
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
  if (!isDeadlocked(state, tx, progress.for, world)) return [aborted]
  return [{ label: 'is ended by PostgreSQL: deadlock', state, tx: null, ...deadlock(raw, progress.for) }]
}

/** The mode with which the trigger fires for a statement that begins now. */
export function modeNow({ control }: State): TriggerMode | null {
  return control.triggerOn ? control.mode : null
}

function proceed(state: State, tx: Transaction, { configuration, protocol }: World, raw: boolean): Progress {
  const others = transactionsOf(state).filter((other) => other !== tx)
  const fires = protocol.modeComesFrom === 'the phase' || tx.at <= 0 ? { ...tx, mode: modeNow(state) } : tx
  const comparesNames = state.control.comparesNames && state.control.triggerOn && protocol.fenceComparesNames
  return configuration.engine.proceed(fires, { row: state.row, others, protocol, comparesNames, raw })
}

function commit(state: State, tx: Transaction): { readonly state: State; readonly tx: null } {
  const row = committed(tx, state.row)
  const after = { ...state, row }
  return {
    state: makesNewVersion(tx) && hasWritten(tx) ? mapTransactions(after, (other) => (other === tx ? other : aged(other))) : after,
    tx: null,
  }
}

/** Two that wait for each other. Repositories and pages never should. */
function isDeadlocked(state: State, tx: Transaction, holder: Transaction, world: World): boolean {
  if (holder.ready) return false
  const progress = proceed(state, holder, world, isRaw(state, holder))
  return progress.kind === 'waits' && progress.for === tx
}

function isRaw(state: State, tx: Transaction): boolean {
  return state.writers.some((writer) => writer.tx === tx)
}

function deadlock(raw: boolean, holder: Transaction): { readonly breaks?: Violation } {
  const allowed = raw || holder.intent === 'new'
  return allowed
    ? {}
    : { breaks: { property: 'deadlock', fact: 'two of the toolkit’s own transactions wait for each other' } }
}

function commitLabel(tx: Transaction): string {
  return hasWritten(tx) ? 'commits' : 'commits, having changed nothing'
}

function operationLabel(before: Transaction, after: Transaction): string {
  const lock = (['parent', 'child'] as const).find((table) => before[table] !== after[table])
  const does: string[] = lock === undefined ? [] : [`locks the ${lock} row`]
  for (const side of ['old', 'next'] as const) {
    if (before[side] !== after[side]) does.push(`sets ${side === 'old' ? 'old' : 'new'} to ${wordFor(after[side]!, after)}`)
  }
  if (after.present === false && before.present === null) does.push('deletes the row')
  if (after.carried !== before.carried) does.push('reads the value to be copied')
  return does.length === 0 ? 'finds nothing to do' : does.join(', ')
}

function wordFor(value: NonNullable<Transaction['old']>, { outcome }: Transaction): string {
  if (value === 'pending') return outcome === 'held by old' ? 'the value that old holds' : 'a new value'
  return value === 'none' ? 'NULL' : `the ${value} value`
}
