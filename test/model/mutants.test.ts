import { describe, expect, it } from 'vitest'
import { filling, transitions } from '../../src/phase/transitions.ts'
import { marked, readPage, tableRows } from '../support/documents.ts'
import { facts } from '../support/facts.ts'
import { explore } from './checker.ts'
import { configurations } from './configurations.ts'
import { knownLimits, modelOf } from './model.ts'
import { mutants } from './mutants/index.ts'
import { printTrace } from './trace.ts'

describe('a protocol that breaks a rule', () => {
  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('is found out: %s', (_, mutant) => {
    const { replaced, hiddenBy = {}, world, breaks } = mutant
    const { counterexample } = explore(modelOf(configurations[world], { ...hiddenBy, ...replaced }))
    expect(counterexample?.violation.property).toBe(breaks)
    expect(printTrace(counterexample!)).toContain('  1. ')
  })

  it.each(mutants.filter(({ hiddenBy }) => hiddenBy !== undefined).map((mutant) => [mutant.name, mutant] as const))(
    'is not blamed for what it was freed from: %s',
    (_, { hiddenBy, world }) => {
      const { counterexample } = explore(modelOf(configurations[world], hiddenBy))
      expect(counterexample === undefined ? '' : printTrace(counterexample)).toBe('')
    },
  )
})

describe('docs/model.md', () => {
  const page = readPage('docs/model.md')

  it('lists every mutant with its rule, its world and what it breaks', () => {
    const rows = mutants.map(({ rule, name, world, breaks }) => [rule, name, configurations[world].name, breaks])
    expect(tableRows(marked(page, 'mutants'))).toEqual(rows)
  })

  it('names the safety guards that no mutant leaves out', () => {
    const safety = [...transitions.flatMap(({ guards }) => guards), ...filling({ sync: 'none', phase: 'dual-write' })]
      .filter((guard) => guard.kind(facts({ sync: 'none', copyBack: false })) === 'safety')
      .map(({ name }) => name)
    const leftOut = new Set(mutants.flatMap(({ replaced }) => replaced.guardsLeftOut ?? []))
    const outside = tableRows(marked(page, 'guards outside')).map(([name]) => name)
    expect([...new Set(safety)].filter((name) => !leftOut.has(name)).sort()).toEqual(outside.sort())
  })

  it('names every world', () => {
    const names = Object.values(configurations).map(({ name }) => name)
    expect(tableRows(marked(page, 'worlds')).map(([name]) => name)).toEqual(names)
  })

  it('names every limit', () => {
    expect(tableRows(marked(page, 'limits')).map(([name]) => name)).toEqual(knownLimits)
  })
})
