import { vi } from 'vitest'
import type * as Pinning from '../../src/repository/pinned-phases.ts'
import { expectToDie } from './story/expectations.ts'

/** Writes by the process's own view of the phase, which its lease is to keep fresh. */
vi.mock('../../src/repository/pinned-phases.ts', async (importActual) => {
  const actual = await importActual<typeof Pinning>()
  return { ...actual, pinPhases: () => Promise.resolve(actual.PinnedPhases.none) }
})

expectToDie('lease-only')
