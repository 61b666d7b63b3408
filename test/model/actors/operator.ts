import { isArmed, oldMayBeBehind } from '../../../src/phase/facts.ts'
import { isBefore } from '../../../src/phase/phase.ts'
import type { ProofEffect } from '../../../src/phase/proof.ts'
import { comparesNames } from '../../../src/sync/sync-triggers.ts'
import type { Step, Violation } from '../checker.ts'
import type { World } from '../configuration.ts'
import { hasWritten } from '../engine.ts'
import { factsOf } from '../facts.ts'
import type { Option, Options } from '../options.ts'
import { movedOn } from '../properties.ts'
import {
  type Control,
  changeRowIsLocked,
  changeRowIsShared,
  type Excuse,
  mapTransactions,
  type Process,
  replaceAt,
  type State,
  type Transaction,
  transactionsOf,
} from '../state.ts'

/**
 * Takes the steps that `next` and `back` offer: locks the change's row, asks the guards, waits for the lock on the table
 * where the trigger is switched, and commits.
 */
export function operatorSteps(state: State, at: number, world: World, options: Options): Step[] {
  const operator = state.operators[at]!
  const who = `operator ${at + 1}`
  const now = (next: State['operators'][number], label: string, after = state, breaks?: Violation): Step => ({
    label: `${who} ${label}`,
    state: { ...after, operators: replaceAt(after.operators, at, next) },
    ...(breaks === undefined ? {} : { breaks }),
  })
  const idle = { decision: null, holding: false }
  if (operator.holding) {
    const option = optionNamed(operator.decision!.name, state, world)
    if (needsTable(option, state, world) && !tableIsFree(state)) return []
    const after = carryOut(option, operator.decision!.current, state, world)
    return [
      now(idle, `commits "${option.name}"`, after, option.transition && movedOn(state, option.transition.to, world)),
    ]
  }
  if (operator.decision === null) {
    if (state.control.steps >= world.configuration.mostSteps) return []
    const { decidesAhead } = world.configuration
    if (!decidesAhead && (changeRowIsLocked(state) || changeRowIsShared(state))) return []
    return options
      .of(state)
      .options.map((option) =>
        now(
          { decision: { name: nameOf(option), current: true }, holding: !decidesAhead },
          decidesAhead
            ? `decides on "${option.name}"`
            : `locks the change's row for "${nameOf(option)}", the guards hold`,
          decidesAhead ? state : excusing(state, option.name),
        ),
      )
  }
  if (changeRowIsLocked(state) || changeRowIsShared(state)) return []
  const { name, current } = operator.decision
  const { comparesEpoch, guardsAskedUnder } = world.protocol
  if (!current && comparesEpoch) return [now(idle, `gives up "${name}": the epoch has moved`)]
  if (
    current &&
    guardsAskedUnder === 'the lock' &&
    !options.of(state).options.some((option) => nameOf(option) === name)
  ) {
    return [now(idle, `gives up "${name}": a guard refuses`)]
  }
  return [now({ ...operator, holding: true }, `locks the change's row for "${name}"`, excusing(state, name))]
}

/** Whom the registry does not see now, the guards could not spare. */
function excusing(state: State, step: string): State {
  const isContract = step.startsWith('→ contracted') || state.control.phase === 'contracted'
  const excused: Excuse = isContract ? 'from the contract on' : 'before the contract'
  const isUnseen = ({ leased, unit }: Process): boolean => !leased && unit !== null && unit.excused !== excused
  if (!state.processes.some(isUnseen)) return state
  const processes = state.processes.map((process) =>
    isUnseen(process) ? { ...process, unit: { ...process.unit!, excused } } : process,
  )
  return { ...state, processes }
}

function nameOf({ name, forced }: Option): string {
  return forced ? `${name} (forced)` : name
}

/** The option that a decision stands for; whether guards hold is no question any more. */
function optionNamed(name: string, state: State, { protocol: { decide } }: World): Option {
  const forced = name.endsWith(' (forced)')
  const plain = forced ? name.slice(0, -' (forced)'.length) : name
  const kinds: Readonly<Record<string, Option['kind']>> = {
    arming: 'arm',
    'proving anew': 'prove-anew',
    'lifting the hold': 'lift hold',
    retire: 'retire',
    drop: 'drop',
    drain: 'drain',
  }
  const kind = kinds[plain]
  if (kind !== undefined) return { name: plain, kind, forced }
  const to = plain.slice('→ '.length) as Control['phase']
  const { phase, retired } = state.control
  // Decided in another phase: without the comparison of epochs the row is set to where that step led.
  const transition = decide.transitions.find((edge) => edge.from === phase && edge.to === to) ?? {
    from: phase,
    to,
    guards: [],
  }
  return { name: plain, kind: retired ? 'unretire' : 'transition', transition, forced }
}

function carryOut(option: Option, isCurrent: boolean, state: State, world: World): State {
  if (option.kind === 'drain') return beginDrain(state, world)
  const { patch, proof, comparesNames, switches } = effectOf(option, state, world)
  const moved: State = {
    ...state,
    control: {
      ...state.control,
      ...patch,
      ...proofPatch(proof, patch.phase ?? state.control.phase, state, world),
      comparesNames,
      altered: state.control.altered && !switches,
      forced: state.control.forced || option.forced,
      drainBegun: false,
      steps: state.control.steps + 1,
    },
    processes: state.processes.map((process) => leaveBehind(process, patch.phase)),
    operators: state.operators.map((operator) =>
      operator.decision === null || !isCurrent
        ? operator
        : { ...operator, decision: { ...operator.decision, current: false } },
    ),
    workers: proof === 'kept' ? state.workers : state.workers.map(standsNoMore),
  }
  return mapTransactions(moved, (tx) => (tx.awaited ? { ...tx, awaited: false } : tx))
}

/** What a step comes to; the same questions in the same order as `move.ts` asks them. */
function effectOf(option: Option, state: State, world: World) {
  const { control } = state
  const { proof: declared = 'kept', ...patch } = patchOf(option, state, world)
  const to = patch.phase ?? control.phase
  const mode = patch.mode ?? control.mode
  const namesAfter = (effect: ProofEffect): boolean => {
    const proved = { ...control, ...proofPatch(effect, to, state, world) }
    const copyBack = world.configuration.copyBack && !oldMayBeBehind(factsOf({ ...state, control: proved }, world))
    return mode !== null && comparesNames({ mode, copyBack })
  }
  const isOther = mode !== control.mode || namesAfter(declared) !== control.comparesNames
  const switches = mode !== null && (isOther || declared === 'begins' || option.kind === 'unretire')
  // A trigger that is set anew bears no trace of having been altered, so the proof begins anew with it.
  const proof = switches && control.altered ? 'begins' : declared
  return { patch, proof, switches, comparesNames: namesAfter(proof) }
}

function leaveBehind(process: Process, to: Control['phase'] | undefined): Process {
  const { unit } = process
  if (to === undefined || unit === null || !isBefore(to, unit.phase)) return process
  return { ...process, unit: { ...unit, leftBehind: true } }
}

function standsNoMore(worker: State['workers'][number]): State['workers'][number] {
  return worker.task === null ? worker : { ...worker, task: { ...worker.task, stands: false } }
}

/** What a step does to the change's row, as `apply-transition.ts` does it. */
function patchOf(option: Option, state: State, world: World): Partial<Control> & { readonly proof?: ProofEffect } {
  const { phase } = state.control
  const { transition } = option
  switch (option.kind) {
    case 'transition':
    case 'unretire': {
      const { to, holds, reads, proof } = transition!
      return {
        phase: to,
        mode: modeAfter(to, false, state, world),
        verifiedSinceEntry: false,
        armed: state.control.armed && to === 'contracted',
        ...(option.kind === 'unretire' ? { retired: false } : {}),
        ...(reads === undefined ? {} : { held: false }),
        ...(holds ? { held: true } : {}),
        proof: proof?.(factsOf(state, world)) ?? 'kept',
      }
    }
    case 'arm':
      return { mode: modeAfter(phase, true, state, world), armed: true }
    case 'prove-anew':
      return {
        mode: modeAfter(phase, isArmed(factsOf(state, world)), state, world),
        proof: 'begins',
      }
    case 'lift hold':
      return { held: false }
    case 'retire':
      return { retired: true }
    default:
      return { dropped: true }
  }
}

function modeAfter(to: Control['phase'], armed: boolean, { control }: State, world: World): Control['mode'] {
  if (control.mode === null) return null
  const { copyBack } = world.configuration
  return world.protocol.decide.triggerModeIn(to, { copyBack, armed }) ?? control.mode
}

function proofPatch(effect: ProofEffect, to: Control['phase'], state: State, world: World): Partial<Control> {
  const proof = world.protocol.decide.proofAfter(effect, to, factsOf(state, world))
  const { syncSince, verifiedEpoch } = proof
  return {
    synced: syncSince !== null,
    filled: proof.backfillDone,
    direction: proof.backfillDirection,
    verified: syncSince !== null && verifiedEpoch !== null && verifiedEpoch >= syncSince,
    attested: proof.attested,
  }
}

function beginDrain(state: State, { protocol }: World): State {
  const isSeen = protocol.drainWaitsFor === 'virtual transactions' ? isOpen : hasWritten
  return mapTransactions({ ...state, control: { ...state.control, drainBegun: true } }, (tx) =>
    isSeen(tx) ? { ...tx, awaited: true } : tx,
  )
}

/** A page that asked for the phase beforehand, in a transaction of its own, has none open until it does its work. */
function isOpen({ intent, sharesChange, waitsForChange, at }: Transaction): boolean {
  const isPage = intent === 'fill new' || intent === 'fill old'
  return !isPage || sharesChange || waitsForChange || at > 0
}

/** The mode of the trigger is changed by DDL, and so is a name. */
function needsTable(option: Option, state: State, world: World): boolean {
  if (option.kind === 'retire' || option.kind === 'unretire' || option.kind === 'drop') return true
  if (option.kind === 'drain') return false
  if (!world.protocol.switchWaitsForWriters || world.protocol.modeComesFrom === 'the phase') return false
  return effectOf(option, state, world).switches
}

/** Nobody has written the table, or waits in a statement on it, in a transaction that is open still. */
function tableIsFree(state: State): boolean {
  return transactionsOf(state).every(({ at }) => at <= 0)
}
