import { vi } from 'vitest'
import type * as Triggers from '../../src/sync/sync-triggers.ts'
import { expectToDie } from './story/expectations.ts'

/** Triggers as CREATE TRIGGER leaves them: `session_replication_role = replica` passes them by. */
vi.mock('../../src/sync/sync-triggers.ts', async (importActual) => {
  const actual = await importActual<typeof Triggers>()
  const createSyncTriggers: typeof actual.createSyncTriggers = (changeId, sides, mode) =>
    actual.createSyncTriggers(changeId, sides, mode).filter((statement) => !statement.includes('ENABLE ALWAYS'))
  return { ...actual, createSyncTriggers }
})

expectToDie('not-enabled-always')
