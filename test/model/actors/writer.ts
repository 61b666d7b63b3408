import { phases } from '../../../src/phase/phase.ts'
import type { Step, Violation } from '../checker.ts'
import type { World } from '../configuration.ts'
import { newTransaction } from '../engine.ts'
import { refusalOfOthers } from '../properties.ts'
import { type Intent, type Outcome, replaceAt, type State, type Transaction, type Writer } from '../state.ts'
import { argumentsNow, continuations } from '../transactions.ts'

/** A writer that knows nothing of the change: of old alone (an old release), or of new alone. */
export function writerSteps(state: State, at: number, world: World): Step[] {
  const writer = state.writers[at]!
  const who = writer.side === 'old' ? 'an old release' : 'a writer of new alone'
  const steps: Step[] = []
  const now = (label: string, next: Writer, after = state, breaks?: Violation): void => {
    steps.push({
      label: `${who} ${label}`,
      state: { ...after, writers: replaceAt(after.writers, at, next) },
      ...(breaks === undefined ? {} : { breaks }),
    })
  }
  const goOn = (tx: Transaction, prefix: string): void => {
    for (const next of continuations(state, tx, world, { raw: true })) {
      if (prefix !== '' && next.label === 'rolls back') continue
      const breaks = next.breaks ?? refusalOfOthers(state, writer.side, next.refused)
      now(`${prefix}${next.label}`, { ...writer, tx: next.tx }, next.state, breaks)
    }
  }
  if (writer.tx !== null) {
    goOn(writer.tx, '')
  } else if (!writer.gone && !namesWhatIsGone(state, writer)) {
    for (const outcome of world.configuration.outcomes) {
      if (!isPossible(outcome, state, writer)) continue
      const tx: Transaction = { ...newTransaction, intent: intentOf(writer, outcome), outcome, ...argumentsNow(state) }
      if (world.configuration.opensEarly) now(`opens a transaction (${outcome})`, { ...writer, tx })
      else goOn(tx, `writes ${outcome}: `)
    }
  }
  if (world.configuration.sync === 'none' && !writer.gone)
    now('is replaced by a new release', { ...writer, gone: true })
  return steps
}

function isPossible(outcome: Outcome, { row, control }: State, { side }: Writer): boolean {
  if (side === 'new') {
    if (outcome === 'unfit') return false
    if (outcome === 'held by old') return phases[control.phase].truth === 'old' // later it would be a write of its own
    return outcome !== 'deleted' // who deletes a row knows where it is
  }
  return outcome !== 'held by old' || (row.present && row.old === 'stale')
}

/** What old holds already is copied by who writes new. */
function intentOf({ side }: Writer, outcome: Outcome): Intent {
  return side === 'new' && outcome === 'held by old' ? 'hand copy' : side
}

/** An old release fails on a column that was retired; it was named for the soak before. */
function namesWhatIsGone({ control }: State, { side }: Writer): boolean {
  return side === 'old' && (control.retired || control.dropped)
}
