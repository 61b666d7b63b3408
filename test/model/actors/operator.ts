import type { Step, Violation } from '../checker.ts'
import type { World } from '../configuration.ts'
import type { Option, Options } from '../options.ts'
import { movedOn } from '../properties.ts'
import {
  type Control,
  changeRowIsLocked,
  changeRowIsShared,
  type Excuse,
  type Process,
  replaceAt,
  type State,
  transactionsOf,
} from '../state.ts'
import { becomesStrict, carryOut, needsTable } from './move.ts'

/**
 * Takes the steps that the guards allow: locks the change's row, asks the guards, waits for the lock on the table
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
    const isAskedAgain =
      world.protocol.quarantineIsAsked === 'under the table lock' && becomesStrict(option, state, world)
    if (isAskedAgain && !options.mayBecomeStrict(state)) {
      return [now(idle, `gives up "${option.name}": a key is in quarantine`)]
    }
    const after = carryOut(option, state, world)
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

/** Nobody has written the table, or waits in a statement on it, in a transaction that is open still. */
function tableIsFree(state: State): boolean {
  return transactionsOf(state).every(({ at }) => at <= 0)
}
