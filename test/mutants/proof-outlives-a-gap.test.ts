import { vi } from 'vitest'
import type * as Proofs from '../../src/phase/proof.ts'
import { expectToDie } from './story/expectations.ts'

/** Keeps what was filled and verified while the new side is not written. */
vi.mock('../../src/phase/proof.ts', async (importActual) => {
  const actual = await importActual<typeof Proofs>()
  const proofAfter: typeof actual.proofAfter = (effect, to, facts) => {
    const isFirst = facts.syncSince === null
    return actual.proofAfter(effect === 'void' || (effect === 'begins' && !isFirst) ? 'kept' : effect, to, facts)
  }
  return { ...actual, proofAfter }
})

expectToDie('proof-outlives-a-gap')
