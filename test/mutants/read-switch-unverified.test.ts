import { vi } from 'vitest'
import type * as FactsModule from '../../src/phase/facts.ts'
import { expectToDie } from './story/expectations.ts'

/** Believes the backfill and does not look again. */
vi.mock('../../src/phase/facts.ts', async (importActual) => {
  const actual = await importActual<typeof FactsModule>()
  return { ...actual, isVerified: () => true }
})

expectToDie('read-switch-unverified')
