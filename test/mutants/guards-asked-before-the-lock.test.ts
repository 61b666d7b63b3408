import { vi } from 'vitest'
import type * as Moves from '../../src/advance/move.ts'
import { expectToDie } from './story/expectations.ts'

/** Takes a step by what the guards said when it was decided on, and does not ask them again under the lock. */
vi.mock('../../src/advance/move.ts', async (importActual) => {
  const actual = await importActual<typeof Moves>()
  const move: typeof actual.move = (target, decidedOn, decision, step) =>
    actual.move(target, decidedOn, decision, { ...step, guards: [] })
  return { ...actual, move }
})

expectToDie('guards-asked-before-the-lock')
