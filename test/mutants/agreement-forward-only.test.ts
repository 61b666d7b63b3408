import { vi } from 'vitest'
import type * as Agreement from '../../src/sync/agreement.ts'
import { expectToDie } from './story/expectations.ts'

/** Calls it a difference where new is not what `forward` makes of old, although old is what `backward` makes of new. */
vi.mock('../../src/sync/agreement.ts', async (importActual) => {
  const actual = await importActual<typeof Agreement>()
  const backwardAgrees: typeof actual.backwardAgrees = () => 'false'
  return { ...actual, backwardAgrees }
})

expectToDie('agreement-forward-only')
