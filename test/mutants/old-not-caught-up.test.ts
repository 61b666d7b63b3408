import { vi } from 'vitest'
import type * as FactsModule from '../../src/phase/facts.ts'
import { expectToDie } from './story/expectations.ts'

/** Goes back to reading old without filling it from new first. */
vi.mock('../../src/phase/facts.ts', async (importActual) => {
  const actual = await importActual<typeof FactsModule>()
  return { ...actual, oldMayBeBehind: () => false }
})

expectToDie('old-not-caught-up')
