import { vi } from 'vitest'
import type * as Transitions from '../../src/phase/transitions.ts'
import { expectToDie } from './story/expectations.ts'

/** Arms the refusal without a look at who still writes old alone. */
vi.mock('../../src/phase/transitions.ts', async (importActual) => {
  const actual = await importActual<typeof Transitions>()
  return { ...actual, arming: [] }
})

expectToDie('armed-too-early')
