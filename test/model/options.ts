import type { Facts } from '../../src/phase/facts.ts'
import type { NextStep } from '../../src/phase/next-step.ts'
import type { Phase } from '../../src/phase/phase.ts'
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

/** What the operator may do, asked of `nextStep`, `backStep` and the guards; remembered by what they see. */
export class Options {
  readonly #world: World
  readonly #known = new WeakMap<Control, Map<string, readonly Option[]>>()

  constructor(world: World) {
    this.#world = world
  }

  of(state: State): readonly Option[] {
    let ofControl = this.#known.get(state.control)
    if (ofControl === undefined) this.#known.set(state.control, (ofControl = new Map()))
    const seen = whatGuardsSee(state)
    let options = ofControl.get(seen)
    if (options === undefined) ofControl.set(seen, (options = this.#ask(factsOf(state, this.#world))))
    return options
  }

  /** May a backfill start, as far as the guards are concerned? */
  mayFill(state: State): boolean {
    const facts = factsOf(state, this.#world)
    return this.#blockers(this.#world.protocol.decide.filling(facts), facts).length === 0
  }

  #ask(facts: Facts): readonly Option[] {
    const { decide } = this.#world.protocol
    const { configuration } = this.#world
    const options: (Option | undefined)[] = [this.#next(decide.nextStep(facts), facts)]
    const back = decide.backStep(facts)
    if (back.kind === 'transition') options.push(this.#transition('back to', back.to, facts))
    if (back.kind === 'unretire') options.push({ ...this.#transition('back to', 'new-only', facts)!, kind: 'unretire' })
    if (facts.drain === undefined && (configuration.sync === 'none' || !configuration.copyBack)) {
      options.push({ name: 'drain', kind: 'drain', forced: false })
    }
    return options.filter((option) => option !== undefined)
  }

  #next(step: NextStep, facts: Facts): Option | undefined {
    const { decide } = this.#world.protocol
    switch (step.kind) {
      case 'transition':
        return this.#transition('next:', step.to, facts)
      case 'arm':
        return this.#guarded({ name: 'next: arm', kind: 'arm' }, this.#blockers(decide.arming, facts))
      case 'prove-anew':
        return this.#guarded({ name: 'next: prove anew', kind: 'prove-anew' }, this.#blockers(decide.provingAnew, facts))
      case 'reads':
        return this.#guarded({ name: 'next: lift the hold', kind: 'lift hold' }, this.#blockers(decide.raisingReads, facts))
      case 'retire':
      case 'drop':
        return { name: `next: ${step.kind}`, kind: step.kind, forced: false }
      default:
        return undefined // done by workers, or nothing to do
    }
  }

  #transition(direction: 'next:' | 'back to', to: Phase, facts: Facts): Option | undefined {
    const transition = this.#world.protocol.decide.transitionBetween(facts.phase, to)
    if (transition === undefined || !this.#world.configuration.phases.includes(to)) return undefined
    return this.#guarded(
      { name: `${direction} ${to}`, kind: 'transition', transition },
      this.#blockers(transition.guards, facts),
    )
  }

  #guarded(option: Omit<Option, 'forced'>, blockers: readonly Blocker[]): Option | undefined {
    const forced = blockers.length > 0
    if (blockers.some(({ kind }) => kind === 'safety')) return undefined
    return forced && !this.#world.configuration.forces ? undefined : { ...option, forced }
  }

  #blockers(guards: Transition['guards'], facts: Facts): readonly Blocker[] {
    const { guardsLeftOut } = this.#world.protocol
    return blockersOf(
      guards.filter(({ name }) => !guardsLeftOut.includes(name)),
      facts,
    )
  }
}

/** All that facts are made of besides the change's row. */
function whatGuardsSee(state: State): string {
  let text = transactionsOf(state).some(({ awaited }) => awaited) ? 'awaited' : ''
  for (const { leased, view, unit, reported } of state.processes) {
    if (leased) text += `;${view},${unit?.phase},${reported}`
  }
  return text
}
