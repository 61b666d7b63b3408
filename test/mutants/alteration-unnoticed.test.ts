import { vi } from 'vitest'
import type * as States from '../../src/sync/trigger-state.ts'
import { expectToDie } from './story/expectations.ts'

/** Takes a sync trigger that is there and enabled for one that has been there all the time. */
vi.mock('../../src/sync/trigger-state.ts', async (importActual) => {
  const actual = await importActual<typeof States>()
  const triggerState: typeof actual.triggerState = async (...given) => {
    const state = await actual.triggerState(...given)
    return state && { ...state, version: 'always the same' }
  }
  return { ...actual, triggerState }
})

expectToDie('alteration-unnoticed')
