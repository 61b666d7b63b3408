import type { Facts } from '../../src/phase/facts.ts'
import { drained, drainedWhereOldIsGivenUp, type Guard, quarantineEmpty } from '../../src/phase/guards/index.ts'
import type { NextStep } from '../../src/phase/next-step.ts'
import { type Blocker, blockersOf, type Transition } from '../../src/phase/transitions.ts'
import type { World } from './configuration.ts'
import { factsOf } from './facts.ts'
import { type Control, type State, transactionsOf } from './state.ts'

/** A step that the implementation offers in a state. */
export interface Option {
  readonly name: string
  readonly kind: 'transition' | 'arm' | 'prove-anew' | 'lift hold' | 'retire' | 'unretire' | 'drop' | 'drain'
  readonly transition?: Transition
  /** A courtesy guard has to be overridden. */
  readonly forced: boolean
}

/** A step, and what is asked before it; without `step` it is the fill, which workers do. */
interface Candidate {
  readonly step?: Omit<Option, 'forced'>
  readonly guards: readonly Guard[]
}

/** What may be done in a state: by the operator, and whether a fill may begin. */
export interface Offer {
  readonly options: readonly Option[]
  readonly mayFill: boolean
}

/** What the implementation allows, asked of the transitions, `nextStep` and the guards; remembered by what they see. */
export class Options {
  readonly #world: World
  readonly #known = new WeakMap<Control, Map<string, Offer>>()

  constructor(world: World) {
    this.#world = world
  }

  of(state: State): Offer {
    let ofControl = this.#known.get(state.control)
    if (ofControl === undefined) {
      ofControl = new Map()
      this.#known.set(state.control, ofControl)
    }
    const seen = whatGuardsSee(state)
    let offer = ofControl.get(seen)
    if (offer === undefined) {
      offer = this.#ask(factsOf(state, this.#world))
      ofControl.set(seen, offer)
    }
    return offer
  }

  /** What is asked again under the table's lock, where the trigger becomes strict. */
  mayBecomeStrict(state: State): boolean {
    return this.#blockers([quarantineEmpty], factsOf(state, this.#world)).length === 0
  }

  #ask(facts: Facts): Offer {
    const { decide } = this.#world.protocol
    const fill: Candidate = { guards: decide.filling(facts) }
    const candidates: readonly (Candidate | undefined)[] = [
      this.#next(decide.nextStep(facts)),
      ...this.#transitions(facts),
      facts.syncSince !== null && !facts.backfillDone ? fill : undefined,
    ]
    const options = candidates.flatMap((candidate) => (candidate === undefined ? [] : this.#judge(candidate, facts)))
    return {
      options: options.filter(({ name }, at) => options.findIndex((option) => option.name === name) === at),
      mayFill: this.#blockers(fill.guards, facts).length === 0,
    }
  }

  /** A step as it stands, or the drain where that is all that it waits for. */
  #judge({ step, guards }: Candidate, facts: Facts): readonly Option[] {
    const blockers = this.#blockers(guards, facts)
    const drainIsDue =
      blockers.length > 0 && facts.drain === undefined && blockers.every(({ guard }) => drains.has(guard))
    const drain: readonly Option[] = drainIsDue ? [{ name: 'drain', kind: 'drain', forced: false }] : []
    const forced = blockers.length > 0
    const isOpen = !blockers.some(({ kind }) => kind === 'safety') && (!forced || this.#world.configuration.forces)
    return step !== undefined && isOpen ? [{ ...step, forced }, ...drain] : drain
  }

  #next(step: NextStep): Candidate | undefined {
    const { arming, provingAnew, raisingReads, retiring } = this.#world.protocol.decide
    switch (step.kind) {
      case 'arm':
        return { step: { name: 'arming', kind: 'arm' }, guards: arming }
      case 'prove-anew':
        return { step: { name: 'proving anew', kind: 'prove-anew' }, guards: provingAnew }
      case 'reads':
        return { step: { name: 'lifting the hold', kind: 'lift hold' }, guards: raisingReads }
      case 'retire':
      case 'drop':
        return { step: { name: step.kind, kind: step.kind }, guards: retiring }
      default:
        return undefined // a transition, or done by workers, or nothing to do
    }
  }

  /** Every transition of the table, whether `next` or `back` would offer it or not: the guards alone have to do. */
  #transitions({ phase, retiredAt, droppedAt }: Facts): readonly Candidate[] {
    const { transitions } = this.#world.protocol.decide
    if (droppedAt !== null) return []
    return transitions
      .filter(({ from, to }) => from === phase && this.#world.configuration.phases.includes(to))
      .map((transition) => ({
        step: { name: `→ ${transition.to}`, kind: retiredAt === null ? 'transition' : 'unretire', transition },
        guards: transition.guards,
      }))
  }

  #blockers(guards: readonly Guard[], facts: Facts): readonly Blocker[] {
    const { guardsLeftOut } = this.#world.protocol
    return blockersOf(
      guards.filter(({ name }) => !guardsLeftOut.includes(name)),
      facts,
    )
  }
}

const drains: ReadonlySet<string> = new Set([drained.name, drainedWhereOldIsGivenUp.name])

/** All that facts are made of besides the change's row. */
function whatGuardsSee(state: State): string {
  let text = transactionsOf(state).some(({ awaited }) => awaited) ? 'awaited' : ''
  if (state.row.quarantined) text += ';quarantined'
  for (const { leased, view, unit, reported } of state.processes) {
    if (leased) text += `;${view},${unit?.phase},${reported}`
  }
  return text
}
