import { vi } from 'vitest'
import { identifier } from '../../src/sql/identifier.ts'
import type * as Triggers from '../../src/sync/sync-triggers.ts'
import { expectToDie } from './story/expectations.ts'

/** A column list: what other BEFORE triggers change does not count. */
vi.mock('../../src/sync/sync-triggers.ts', async (importActual) => {
  const actual = await importActual<typeof Triggers>()
  const createSyncTriggers: typeof actual.createSyncTriggers = (changeId, sides, mode) => {
    const columns = [...sides.old, ...sides.next].map(({ name }) => identifier(name)).join(', ')
    return actual
      .createSyncTriggers(changeId, sides, mode)
      .map((statement) => statement.replace('BEFORE UPDATE ON', `BEFORE UPDATE OF ${columns} ON`))
  }
  return { ...actual, createSyncTriggers }
})

expectToDie('update-of-columns')
