import { vi } from 'vitest'
import type * as Rejected from '../../src/advance/refuse-rejected.ts'
import { expectToDie } from './story/expectations.ts'

/** Asks for the quarantine with the other guards, and not again once the table is locked and its writers have ended. */
vi.mock('../../src/advance/refuse-rejected.ts', async (importActual) => {
  const actual = await importActual<typeof Rejected>()
  const refuseIfRejectedMeanwhile: typeof actual.refuseIfRejectedMeanwhile = async () => undefined
  return { ...actual, refuseIfRejectedMeanwhile }
})

expectToDie('quarantine-asked-before-the-lock')
