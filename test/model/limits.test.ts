import { describe, expect, it } from 'vitest'
import { explore } from './checker.ts'
import type { Limit } from './configuration.ts'
import { configurations } from './configurations.ts'
import { knownLimits, modelOf } from './model.ts'

/** What happens although nothing is wrong with the protocol; docs/model.md says why. */
const happens: readonly [limit: Limit, world: keyof typeof configurations, property: string][] = [
  ['writes past a disabled trigger', 'altered', 'lost write'],
]

describe('a limit of the protocol', () => {
  it.each(happens)('%s: happens in the world “%s”', (limit, world, property) => {
    const others = knownLimits.filter((known) => known !== limit)
    const { counterexample } = explore(modelOf(configurations[world], {}, others))
    expect(counterexample?.violation.property).toBe(property)
  })

  it('is shown, whichever it is', () => {
    expect(happens.map(([limit]) => limit)).toEqual(knownLimits)
  })
})
