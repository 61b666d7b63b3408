import { vi } from 'vitest'
import type * as Evaluation from '../../src/drizzle/evaluate-once.ts'
import { expectToDie } from './story/expectations.ts'

/** Writes an expression once for each side. */
vi.mock('../../src/drizzle/evaluate-once.ts', async (importActual) => {
  const actual = await importActual<typeof Evaluation>()
  const computedFrom: typeof actual.computedFrom = (_, build) => build(({ expression }) => expression)
  return { ...actual, computedFrom }
})

expectToDie('evaluated-twice')
