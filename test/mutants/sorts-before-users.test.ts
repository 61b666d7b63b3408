import { vi } from 'vitest'
import type * as Names from '../../src/sync/names.ts'
import { expectToDie } from './story/expectations.ts'

/** Trigger names that sort first: what a trigger of the users' own changes afterwards is not seen. */
vi.mock('../../src/sync/names.ts', async (importActual) => {
  const actual = await importActual<typeof Names>()
  const first = (name: string): string => name.replace(actual.syncTriggerPrefix, '_ec_')
  const syncNames: typeof actual.syncNames = (changeId) => {
    const names = actual.syncNames(changeId)
    const { insertTrigger, updateTrigger, defaultTrigger } = names
    return {
      ...names,
      insertTrigger: first(insertTrigger),
      updateTrigger: first(updateTrigger),
      defaultTrigger: first(defaultTrigger),
    }
  }
  return { ...actual, syncNames }
})

expectToDie('sorts-before-users')
