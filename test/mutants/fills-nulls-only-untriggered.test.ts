import { vi } from 'vitest'
import type * as Pages from '../../src/backfill/page-statement.ts'
import { expectToDie } from './story/expectations.ts'

vi.mock('../../src/backfill/page-statement.ts', async (importActual) => {
  const { fillingNullsOnly } = await import('./replacements/fills-nulls-only.ts')
  return fillingNullsOnly(await importActual<typeof Pages>())
})

expectToDie('fills-nulls-only-untriggered')
