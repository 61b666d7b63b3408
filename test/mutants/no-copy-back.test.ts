import { vi } from 'vitest'
import { identifier } from '../../src/sql/identifier.ts'
import type * as SyncFunction from '../../src/sync/sync-function.ts'
import { expectToDie } from './story/expectations.ts'

/** Accepts what is written to new and leaves old behind, so that the way back from new-only loses it. */
vi.mock('../../src/sync/sync-function.ts', async (importActual) => {
  const actual = await importActual<typeof SyncFunction>()
  const createSyncFunction: typeof actual.createSyncFunction = (changeId, sides) => {
    const [old, next] = [identifier(sides.old[0]!.name), identifier(sides.next[0]!.name)]
    return actual
      .createSyncFunction(changeId, sides)
      .map((statement) => statement.replaceAll(`NEW.${old} := NEW.${next};`, 'NULL;'))
  }
  return { ...actual, createSyncFunction }
})

expectToDie('no-copy-back')
