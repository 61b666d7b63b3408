import { afterAll, beforeAll, expect, it } from 'vitest'
import { Lab } from './lab/lab.ts'
import { Outputs, passwordCanary } from './lab/outputs.ts'
import { rowCanary } from './ledger/stamp.ts'
import type { Violation, ViolationKind } from './ledger/verdict.ts'
import { readsWithoutTrigger, writesPastTheFence, writesPastTheRepositories } from './scenarios/sabotage.ts'
import { renameColumnSubject } from './subjects/rename-column/subject.ts'

let lab: Lab
beforeAll(async () => {
  lab = await Lab.open()
})
afterAll(() => lab.close())

function kindsOf(violations: readonly Violation[]): ReadonlySet<ViolationKind> {
  return new Set(violations.map(({ kind }) => kind))
}

it('the lab sees stale reads where the sync trigger was off while reads were on new', async () => {
  const { verdict } = await lab.run(renameColumnSubject, readsWithoutTrigger, { seed: 1, span: { ms: 0 } })
  expect(kindsOf(verdict.violations)).toContain('stale')
})

it('the lab sees lost writes and sides that disagree where old was written past the fence', async () => {
  const { verdict } = await lab.run(renameColumnSubject, writesPastTheFence, { seed: 1, span: { ms: 0 } })
  expect([...kindsOf(verdict.violations)]).toEqual(expect.arrayContaining(['lost', 'disagree']))
})

it('the lab sees lost writes and sides that disagree where writers by SQL came back without a trigger', async () => {
  const { verdict } = await lab.run(renameColumnSubject, writesPastTheRepositories, { seed: 1, span: { ms: 0 } })
  expect([...kindsOf(verdict.violations)]).toEqual(expect.arrayContaining(['lost', 'disagree']))
})

it('the lab finds a row value and a password in what processes print, also where two chunks divide it', async () => {
  const { PassThrough } = await import('node:stream')
  const outputs = new Outputs()
  const stream = new PassThrough()
  outputs.listen('a process', stream)
  stream.write(`it failed for ${rowCanary.slice(0, 3)}`)
  stream.write(`${rowCanary.slice(3)} 17#2 at postgres://u:${passwordCanary}@host`)
  stream.end()
  await new Promise((resolve) => stream.once('end', resolve))
  expect(outputs.leaks).toEqual(['a process printed a row value', 'a process printed a password'])
})
