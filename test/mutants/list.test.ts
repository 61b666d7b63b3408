import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Mutant, mutants } from './story/mutants.ts'
import { allVariants } from './story/variants.ts'

const names = Object.keys(mutants).sort()

it('has a file for each mutant, and each file is a mutant', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => /^[^.]+\.test\.ts$/.test(name))
  const listed = files.map((name) => name.replace('.test.ts', '')).filter((name) => name !== 'list')
  expect(listed.sort()).toEqual(names)
})

it('has stories that the right code survives, for each variant', () => {
  const files = readdirSync(join(import.meta.dirname, 'right-code'))
  expect(files.filter((name) => name !== 'scenes.test.ts').sort()).toEqual(
    allVariants.map((variant) => `${variant}.test.ts`).sort(),
  )
})

it('is explained in docs/mutants.md, with what each mutant dies of', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/mutants.md'), 'utf8')
  const all: readonly [string, Mutant][] = Object.entries(mutants)
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \|.*\| `([a-z- ]+)` \| ([a-z ]+) \|$/gm)]
  expect(rows.map(([, name, where, dies]) => [name, where, dies]).sort()).toEqual(
    all.map(([name, mutant]) => [name, 'scene' in mutant ? mutant.scene : mutant.variant, mutant.dies]).sort(),
  )
})
