import { vi } from 'vitest'
import type * as Fits from '../../src/phase/fits.ts'
import { expectToDie } from './story/expectations.ts'

/** Lets a unit of work write by what it decided, wherever the change is by now. */
vi.mock('../../src/phase/fits.ts', async (importActual) => {
  const actual = await importActual<typeof Fits>()
  return { ...actual, writeStillFits: () => true }
})

expectToDie('decision-outlives-its-phase')
