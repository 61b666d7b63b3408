import { handSteps } from './actors/hand.ts'
import { isLenientIn } from './actors/move.ts'
import { operatorSteps } from './actors/operator.ts'
import { processSteps } from './actors/process.ts'
import { workerSteps } from './actors/worker.ts'
import { writerSteps } from './actors/writer.ts'
import type { Explorable, Step } from './checker.ts'
import type { Configuration, Limit, World } from './configuration.ts'
import { Options } from './options.ts'
import { violationIn } from './properties.ts'
import { type Protocol, rightProtocol } from './protocol.ts'
import { type Control, changeRowIsLocked, type State } from './state.ts'

/** What the specification does not promise, or does not keep yet; `limits.test.ts` shows each. */
export const knownLimits: readonly Limit[] = ['writes past a disabled trigger']

/** The model of one configuration, with the protocol as it is or with something replaced. */
export function modelOf(
  configuration: Configuration,
  replaced: Partial<Protocol> = {},
  limits: readonly Limit[] = knownLimits,
): Explorable {
  const world: World = { configuration, protocol: { ...rightProtocol, ...replaced }, limits }
  const options = new Options(world)
  return {
    initial: [initialState(world)],
    successors: (state) => successors(state, world, options),
    violation: (state) => violationIn(state, world),
  }
}

function successors(state: State, world: World, options: Options): readonly Step[] {
  const steps: Step[] = [
    ...state.processes.flatMap((_, at) => processSteps(state, at, world)),
    ...state.writers.flatMap((_, at) => writerSteps(state, at, world)),
    ...state.workers.flatMap((_, at) => workerSteps(state, at, world, options)),
    ...state.operators.flatMap((_, at) => operatorSteps(state, at, world, options)),
    ...(world.configuration.hands ? handSteps(state) : []),
  ]
  if (mayAttest(state, world)) steps.push(attest(state))
  return steps
}

/** Somebody answers for it that nothing else writes the table, and it is true. */
function mayAttest(state: State, { configuration }: World): boolean {
  const { attested } = state.control
  return (
    configuration.sync === 'none' && !attested && state.writers.every(({ gone }) => gone) && !changeRowIsLocked(state)
  )
}

function attest(state: State): Step {
  return { label: 'an operator attests', state: { ...state, control: { ...state.control, attested: true } } }
}

function initialState(world: World): State {
  const { begins, sync, copyBack, processes, writers, workers, operators } = world.configuration
  const { phase } = begins.control
  const control: Control = {
    mode: sync === 'none' ? null : 'old',
    comparesNames: !copyBack && begins.control.mode !== undefined && begins.control.mode !== 'old',
    synced: sync === 'trigger',
    filled: false,
    direction: 'forward',
    verified: false,
    verifiedSinceEntry: false,
    mismatch: false,
    held: false,
    attested: false,
    drainBegun: false,
    triggerOn: true,
    altered: false,
    retired: false,
    dropped: false,
    armed: false,
    forced: false,
    steps: 0,
    lenient: isLenientIn(phase, { hasSwitched: false }, world),
    hasSwitched: false,
    verifiedOnce: begins.control.verified ?? false,
    ...begins.control,
  }
  return {
    control,
    row: begins.row,
    processes: Array.from({ length: processes }, () => ({
      view: begins.view ?? phase,
      unit: null,
      tx: null,
      leased: true,
      reported: null,
    })),
    writers: writers.map((side) => ({ side, tx: null, gone: false })),
    workers: Array.from({ length: workers }, () => ({ task: null, tx: null })),
    operators: Array.from({ length: operators }, () => ({ decision: null, holding: false })),
  }
}
