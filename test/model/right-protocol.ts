import { describe, expect, it } from 'vitest'
import { explore } from './checker.ts'
import type { Configuration } from './configuration.ts'
import { configurations } from './configurations.ts'
import { modelOf } from './model.ts'
import { printTrace } from './trace.ts'

/** The protocol as it is, in some of the worlds: a file for each part of them, so that they are explored side by side. */
export function describeRightProtocol(part: string, belongs: (configuration: Configuration) => boolean): void {
  describe(`the protocol as it is, ${part}`, () => {
    const worlds: readonly Configuration[] = Object.values(configurations)
    it.each(worlds.filter(belongs).map((configuration) => [configuration.name, configuration] as const))(
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
