import { vi } from 'vitest'
import type * as Modes from '../../src/sync/switch-mode.ts'
import { expectToDie } from './story/expectations.ts'

/** Moves the change's row and leaves the sync trigger in the mode that it had. */
vi.mock('../../src/sync/switch-mode.ts', async (importActual) => {
  const actual = await importActual<typeof Modes>()
  return { ...actual, switchMode: () => Promise.resolve() }
})

expectToDie('mode-not-switched')
