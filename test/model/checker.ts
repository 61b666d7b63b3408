import { Codec } from './interning.ts'
import type { State } from './state.ts'

/** One thing that may happen next, in words, and what it breaks. */
export interface Step {
  readonly label: string
  readonly state: State
  readonly breaks?: Violation
}

export interface Violation {
  readonly property: string
  readonly fact: string
}

/** What the checker explores. */
export interface Explorable {
  readonly initial: readonly State[]
  readonly successors: (state: State) => readonly Step[]
  /** What a state breaks by itself. */
  readonly violation: (state: State) => Violation | undefined
}

export interface Exploration {
  readonly states: number
  readonly steps: number
  readonly ms: number
  readonly counterexample: Counterexample | undefined
}

/** The shortest way into a violation. */
export interface Counterexample {
  readonly violation: Violation
  readonly initial: State
  readonly steps: readonly Step[]
}

/**
 * Visits every reachable state, nearest first, until something is broken. The way to a state is not kept, only which
 * state it was found from; a counterexample is walked again from its beginning.
 */
export function explore(model: Explorable, limit = Number.POSITIVE_INFINITY): Exploration {
  const started = performance.now()
  const codec = new Codec()
  const like = model.initial[0]!
  const seen = new Set<string>()
  const keys: string[] = []
  const foundFrom: number[] = []
  let steps = 0

  const visit = (key: string, from: number): boolean => {
    if (seen.has(key)) return false
    seen.add(key)
    keys.push(key)
    foundFrom.push(from)
    return true
  }
  const ended = (at?: number, last?: Step, violation?: Violation): Exploration => ({
    states: keys.length,
    steps,
    ms: performance.now() - started,
    counterexample:
      at === undefined || violation === undefined
        ? undefined
        : { violation, ...walkAgain(model, codec, pathTo(at, keys, foundFrom), last) },
  })

  for (const state of model.initial) visit(codec.key(state), -1)
  for (let at = 0; at < keys.length; at += 1) {
    const state = codec.state(keys[at]!, like)
    for (const step of model.successors(state)) {
      steps += 1
      if (step.breaks !== undefined) return ended(at, step, step.breaks)
      const key = codec.key(step.state)
      if (!visit(key, at)) continue
      const violation = model.violation(step.state)
      if (violation !== undefined) return ended(keys.length - 1, undefined, violation)
      if (keys.length > limit) throw new Error(`more than ${limit} states`)
    }
  }
  return ended()
}

function pathTo(at: number, keys: readonly string[], foundFrom: readonly number[]): readonly string[] {
  const path: string[] = []
  for (let index = at; index >= 0; index = foundFrom[index]!) path.unshift(keys[index]!)
  return path
}

/** Walks along keys with the actors as they are named, not sorted, so that A stays A from the first step to the last. */
function walkAgain(
  model: Explorable,
  codec: Codec,
  path: readonly string[],
  last: Step | undefined,
): Pick<Counterexample, 'initial' | 'steps'> {
  const initial = model.initial.find((state) => codec.key(state) === path[0])!
  let state = initial
  const steps: Step[] = []
  for (const key of path.slice(1)) {
    const step = model.successors(state).find((candidate) => codec.key(candidate.state) === key)!
    steps.push(step)
    state = step.state
  }
  if (last !== undefined) {
    const again = model.successors(state).find(({ breaks }) => breaks?.property === last.breaks?.property)
    steps.push(again ?? last)
  }
  return { initial, steps }
}
