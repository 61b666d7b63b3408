import { expect, it } from 'vitest'
import type { Output } from '../../../src/cli/output.ts'
import { waitOptions } from '../../../src/cli/wait.ts'

const step = { yes: false, dryRun: false, force: undefined }
const onTerminal = { interactive: true } as Output
const elsewhere = { interactive: false } as Output

it.each([
  [{ terminate: true }, step, onTerminal, 'it goes with --wait'],
  [{ terminate: true, wait: true }, step, elsewhere, 'without a terminal to ask on it needs --yes'],
])('%j is refused where nobody waits, or nobody could be asked', (args, options, output, problem) => {
  expect(() => waitOptions(args, options, output)).toThrow(problem)
})

it.each([
  [step, onTerminal],
  [{ ...step, yes: true }, elsewhere],
])('sessions are ended where somebody is asked, or has agreed before', (options, output) => {
  expect(waitOptions({ wait: true, terminate: true }, options, output)).toEqual({
    ...options,
    wait: true,
    terminate: true,
  })
})
