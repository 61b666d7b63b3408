import { vi } from 'vitest'
import type * as Transitions from '../../src/phase/transitions.ts'
import { expectToDie } from './story/expectations.ts'

/** Goes back from new-only to dual-write, where old is read, in one step. */
vi.mock('../../src/phase/transitions.ts', async (importActual) => {
  const actual = await importActual<typeof Transitions>()
  const transitionBetween: typeof actual.transitionBetween = (from, to) =>
    from === 'new-only' && to === 'read-new'
      ? { from, to: 'dual-write', guards: [], reads: 0, proof: () => 'begins' }
      : actual.transitionBetween(from, to)
  return { ...actual, transitionBetween }
})

expectToDie('back-in-one-step')
