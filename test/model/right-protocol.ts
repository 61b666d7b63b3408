import { describe, expect, it } from 'vitest'
import { explore } from './checker.ts'
import type { Configuration } from './configuration.ts'
import { modelOf } from './model.ts'
import { printTrace } from './trace.ts'

/** The protocol as it is, in some of the worlds: a file for each part of them, so that they are explored side by side. */
export function describeRightProtocol(part: string, worlds: Readonly<Record<string, Configuration>>): void {
  describe(`the protocol as it is, ${part}`, () => {
    it.each(Object.values(worlds).map((configuration) => [configuration.name, configuration] as const))(
      'breaks nothing in any state of the world “%s”',
      (name, configuration) => {
        const { states, steps, ms, counterexample } = explore(modelOf(configuration))
        console.info(`${name}: ${states} states, ${steps} steps, ${Math.round((states / ms) * 1_000)} states/s`)
        expect(counterexample === undefined ? '' : printTrace(counterexample)).toBe('')
        expect(states).toBeGreaterThan(50)
      },
    )
  })
}
