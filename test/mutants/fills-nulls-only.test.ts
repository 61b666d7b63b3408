import { vi } from 'vitest'
import type * as Pages from '../../src/backfill/page-statement.ts'
import { identifier } from '../../src/sql/identifier.ts'
import { disagree } from '../../src/sync/agreement.ts'
import { expectToDie } from './story/expectations.ts'

/** Takes a NULL for "not filled yet" and everything else for filled. */
vi.mock('../../src/backfill/page-statement.ts', async (importActual) => {
  const actual = await importActual<typeof Pages>()
  const pageStatement: typeof actual.pageStatement = (input) => {
    const { old, next } = input.sides
    const differs = disagree(`t.${identifier(next.name)}`, `t.${identifier(old.name)}`, old)
    return actual.pageStatement(input).replaceAll(differs, `t.${identifier(next.name)} IS NULL`)
  }
  return { ...actual, pageStatement }
})

expectToDie('fills-nulls-only')
