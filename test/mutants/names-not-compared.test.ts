import { vi } from 'vitest'
import type * as Triggers from '../../src/sync/sync-triggers.ts'
import { expectToDie } from './story/expectations.ts'

/** Compares values alone where old may be behind: a write of the very value that old still holds is no write. */
vi.mock('../../src/sync/sync-triggers.ts', async (importActual) => {
  const actual = await importActual<typeof Triggers>()
  const createSyncTriggers: typeof actual.createSyncTriggers = (changeId, sides, setting) =>
    actual.createSyncTriggers(changeId, sides, { ...setting, copyBack: true })
  return { ...actual, createSyncTriggers }
})

expectToDie('names-not-compared')
