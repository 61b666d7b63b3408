import { vi } from 'vitest'
import { literal } from '../../src/sql/identifier.ts'
import type * as SyncFunction from '../../src/sync/sync-function.ts'
import { expectToDie } from './story/expectations.ts'

/** Looks the mode up in the change's row, where a transaction with an older snapshot finds the one that was. */
vi.mock('../../src/sync/sync-function.ts', async (importActual) => {
  const actual = await importActual<typeof SyncFunction>()
  const createSyncFunction: typeof actual.createSyncFunction = (changeId, sides) => {
    const lookedUp = `coalesce((SELECT trigger_mode FROM expand_contract.changes WHERE id = ${literal(changeId)}), TG_ARGV[0])`
    return actual.createSyncFunction(changeId, sides).map((statement) => statement.replace('TG_ARGV[0]', lookedUp))
  }
  return { ...actual, createSyncFunction }
})

expectToDie('mode-looked-up')
