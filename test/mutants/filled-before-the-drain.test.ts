import { vi } from 'vitest'
import type * as Transitions from '../../src/phase/transitions.ts'
import { expectToDie } from './story/expectations.ts'

/** Fills as soon as every process writes both sides, whatever transactions that began before are still to commit. */
vi.mock('../../src/phase/transitions.ts', async (importActual) => {
  const actual = await importActual<typeof Transitions>()
  const { drained } = await import('../../src/phase/guards/index.ts')
  const filling: typeof actual.filling = (facts) => actual.filling(facts).filter((guard) => guard !== drained)
  return { ...actual, filling }
})

expectToDie('filled-before-the-drain')
