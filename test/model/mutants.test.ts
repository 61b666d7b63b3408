import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { transitions } from '../../src/phase/transitions.ts'
import { facts } from '../support/facts.ts'
import { root } from '../support/documents.ts'
import { explore } from './checker.ts'
import { configurations } from './configurations.ts'
import { modelOf } from './model.ts'
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
  const text = readFileSync(join(root, 'docs/model.md'), 'utf8')

  it('lists every mutant with its rule, its world and what it breaks', () => {
    const table = text.split('<!-- mutants -->')[1]!.split('<!-- /mutants -->')[0]!
    const rows = [...table.matchAll(/^\| (?!rule|-)(.*?) \| (.*?) \| (.*?) \| (.*?) \|$/gm)].map((row) => row.slice(1))
    expect(rows).toEqual(
      mutants.map(({ rule, name, world, breaks }) => [rule, name, configurations[world].name, breaks]),
    )
  })

  it('names the guards that no mutant leaves out, and why', () => {
    const safety = transitions
      .flatMap(({ guards }) => guards)
      .filter((guard) => guard.kind(facts({ sync: 'none', copyBack: false })) === 'safety')
      .map(({ name }) => name)
    const leftOut = new Set(mutants.flatMap(({ replaced }) => replaced.guardsLeftOut ?? []))
    const outside = text.split('<!-- guards outside -->')[1]!.split('<!-- /guards outside -->')[0]!
    const named = [...outside.matchAll(/^\| (?!guard|-)(.*?) \|/gm)].map(([, name]) => name)
    expect([...new Set(safety)].filter((name) => !leftOut.has(name)).sort()).toEqual(named.sort())
  })
})
