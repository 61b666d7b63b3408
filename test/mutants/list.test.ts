import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Mutant, mutants } from './story/mutants.ts'

const names = Object.keys(mutants).sort()

it('has a file for each mutant, and each file is a mutant', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => /^[^.]+\.test\.ts$/.test(name))
  const others = ['list', 'right-code']
  const listed = files.map((name) => name.replace('.test.ts', '')).filter((name) => !others.includes(name))
  expect(listed.sort()).toEqual(names)
})

it('is explained in docs/mutants.md, with what each mutant dies of', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/mutants.md'), 'utf8')
  const all: readonly [string, Mutant][] = Object.entries(mutants)
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \|.*\| `([a-z- ]+)` \| ([a-z ]+) \|$/gm)]
  expect(rows.map(([, name, where, dies]) => [name, where, dies]).sort()).toEqual(
    all.map(([name, mutant]) => [name, 'scene' in mutant ? mutant.scene : mutant.variant, mutant.dies]).sort(),
  )
})
