import { vi } from 'vitest'
import type * as Phases from '../../src/phase/phase.ts'
import { expectToDie } from './story/expectations.ts'

/** Reads what the flag says, in every phase. */
vi.mock('../../src/phase/phase.ts', async (importActual) => {
  const actual = await importActual<typeof Phases>()
  const modeIn: typeof actual.modeIn = (phase, wish, held) => {
    const mode = actual.modeIn(phase, wish, held)
    return { ...mode, read: wish ?? mode.read }
  }
  return { ...actual, modeIn }
})

expectToDie('flags-unclamped')
