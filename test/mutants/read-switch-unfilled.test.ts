import { vi } from 'vitest'
import type * as Situations from '../../src/advance/read-facts.ts'
import { expectToDie } from './story/expectations.ts'

/** Takes it for granted that the new side is filled and verified. */
vi.mock('../../src/advance/read-facts.ts', async (importActual) => {
  const actual = await importActual<typeof Situations>()
  const readSituation: typeof actual.readSituation = async (target) => {
    const { row, facts } = await actual.readSituation(target)
    const { epoch, now } = facts
    return { row, facts: { ...facts, backfillDone: true, verifiedEpoch: epoch, verifiedAt: now, openMismatches: 0 } }
  }
  return { ...actual, readSituation }
})

expectToDie('read-switch-unfilled')
