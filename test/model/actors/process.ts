import { isBefore, phases, type Side } from '../../../src/phase/phase.ts'
import type { Step, Violation } from '../checker.ts'
import type { World } from '../configuration.ts'
import { newTransaction } from '../engine.ts'
import { isKeptInSync, oldestPhase } from '../facts.ts'
import { refusalViolation, staleRead } from '../properties.ts'
import {
  changeRowIsLocked,
  type Intent,
  mapTransactions,
  type Process,
  replaceAt,
  type State,
  type Transaction,
  type Unit,
} from '../state.ts'
import { argumentsNow, continuations, lockedChange } from '../transactions.ts'

/** A process of the service: polls, decides, reads and writes through a repository, and stands still as it likes. */
export function processSteps(state: State, at: number, world: World): Step[] {
  const process = state.processes[at]!
  const who = `process ${'AB'[at]}`
  const steps: Step[] = []
  const now = (label: string, next: Process, after = state, breaks?: Violation): void => {
    steps.push({
      label: `${who} ${label}`,
      state: { ...after, processes: replaceAt(after.processes, at, next) },
      ...(breaks === undefined ? {} : { breaks }),
    })
  }

  if (process.tx !== null) {
    writeOn(state, process, world, now)
  } else if (process.unit === null) {
    if (process.leased) decide(process, world, now)
  } else {
    const breaks = readNow(state, process, process.unit, world)
    if (breaks !== undefined) now(`reads ${process.unit.read}`, process, state, breaks)
    now('ends its unit of work', { ...process, unit: null })
    beginWrite(state, process, world, now)
  }
  poll(state, process, world, now)
  if (process.reported !== null) now('renews its registration', { ...process, reported: null })
  if (world.configuration.leasesRunOut && process.leased && process.unit !== null) {
    now('stands still for longer than its lease', {
      ...process,
      leased: false,
      unit: { ...process.unit, unseen: true },
    })
  }
  return steps
}

type Now = (label: string, next: Process, after?: State, breaks?: Violation) => void

/** The flag may say either at any time. */
function decide(process: Process, { protocol }: World, now: Now): void {
  const { view } = process
  const sides: ReadonlySet<Side> = new Set(wishes.map((wish) => protocol.decide.modeIn(view, wish).read))
  for (const read of sides) {
    const unit: Unit = { phase: view, read, unseen: false, excused: 'no' }
    now(`decides by "${view}" to read ${read}`, { ...process, unit })
  }
}

const wishes = ['old', 'new'] as const

/** Looks at the phase and renews the lease. Whoever is seen below the phase meanwhile makes a drain begin anew. */
function poll(state: State, process: Process, { protocol }: World, now: Now): void {
  const { control } = state
  if (process.view === control.phase && process.leased) return
  const goesFirst = protocol.registers === 'its oldest unit, after it went on' && isBefore(control.phase, process.view)
  const seen: Process = {
    ...process,
    view: control.phase,
    leased: true,
    reported: goesFirst ? (process.reported ?? process.view) : null,
  }
  const lagsBehind = control.drainBegun && isBefore(oldestPhase(seen), control.phase)
  now(`sees "${control.phase}"`, seen, lagsBehind ? withoutDrain(state) : state)
}

function withoutDrain(state: State): State {
  const undrained = { ...state, control: { ...state.control, drainBegun: false } }
  return mapTransactions(undrained, (tx) => (tx.awaited ? { ...tx, awaited: false } : tx))
}

function readNow(state: State, process: Process, unit: Unit, world: World): Violation | undefined {
  const { read, unseen } = unit
  if (state.control.retired && read === 'old') return refusalViolation(state, process, gone)
  // While a trigger is off nothing keeps the sides together; what is proved afterwards is another question.
  if (world.configuration.hands) return undefined
  if (unseen && !isKeptInSync(world) && world.protocol.lateReads === 'discarded') return undefined
  return staleRead(state, read)
}

const gone = 'the column old has another name by now'

const intents: Readonly<Record<'old' | 'both' | 'new', Intent>> = { old: 'old', both: 'both', new: 'new' }

function beginWrite(state: State, process: Process, world: World, now: Now): void {
  const { sync, outcomes } = world.configuration
  const strict = sync === 'none' && world.protocol.writers === 'strict'
  const waitsForChange = strict && changeRowIsLocked(state)
  if (waitsForChange && world.protocol.phaseIsRead === 'after the lock') return
  const phase = strict ? state.control.phase : process.unit!.phase
  const intent = intents[phases[phase].write]
  if (state.control.retired && intent !== 'new') {
    const breaks = refusalViolation(state, process, gone)
    if (breaks !== undefined) now('writes old', process, state, breaks)
    return
  }
  for (const outcome of outcomes) {
    if (outcome === 'held by old' || outcome === 'unfit') continue
    const tx: Transaction = {
      ...newTransaction,
      intent: isTorn(intent, world) ? 'old' : intent,
      outcome,
      ...argumentsNow(state),
      sharesChange: strict && !waitsForChange,
      waitsForChange,
    }
    if (strict || world.configuration.opensEarly) {
      now(`opens a transaction to write ${outcome} by "${phase}"`, { ...process, tx })
    } else {
      writeOn(state, { ...process, tx }, world, (label, next, after, breaks) => {
        if (label !== 'rolls back') now(`writes ${outcome} by "${phase}": ${label}`, next, after, breaks)
      })
    }
  }
}

/** A dual write of which one half may be lost. */
function isTorn(intent: Intent, { protocol }: World): boolean {
  return intent === 'both' && protocol.dualWrite === 'in two'
}

function writeOn(state: State, process: Process, world: World, now: Now): void {
  if (process.tx!.waitsForChange && changeRowIsLocked(state)) return
  const tx = lockedChange(process.tx!)
  for (const next of continuations(state, tx, world, { raw: false })) {
    const breaks =
      next.breaks ?? (next.refused === undefined ? undefined : refusalViolation(state, process, next.refused))
    now(next.label, { ...process, tx: next.tx }, next.state, breaks)
  }
}
