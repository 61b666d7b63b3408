import { vi } from 'vitest'
import type * as Phases from '../../src/phase/phase.ts'
import { expectToDie } from './story/expectations.ts'

/** Lets old releases write what the transform rejects until the truth has moved. */
vi.mock('../../src/phase/phase.ts', async (importActual) => {
  const actual = await importActual<typeof Phases>()
  const isLenientIn: typeof actual.isLenientIn = (phase) => actual.isBefore(phase, 'read-new')
  return { ...actual, isLenientIn }
})

expectToDie('lenient-in-read-switch')
