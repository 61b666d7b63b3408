import { describe, expect, it } from 'vitest'
import { explore } from './checker.ts'
import { configurations } from './configurations.ts'
import { modelOf } from './model.ts'
import { printTrace } from './trace.ts'

describe('the protocol as it is', () => {
  it.each(Object.values(configurations).map((configuration) => [configuration.name, configuration] as const))(
    'breaks nothing in any state of the world “%s”',
    (name, configuration) => {
      const { states, steps, ms, counterexample } = explore(modelOf(configuration))
      console.info(`${name}: ${states} states, ${steps} steps, ${Math.round((states / ms) * 1_000)} states/s`)
      expect(counterexample === undefined ? '' : printTrace(counterexample)).toBe('')
      expect(states).toBeGreaterThan(50)
    },
  )
})
