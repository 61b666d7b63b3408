import type * as Pages from '../../../src/backfill/page-statement.ts'
import { identifier } from '../../../src/sql/identifier.ts'
import { disagree } from '../../../src/sync/agreement.ts'

/** Takes a NULL for "not filled yet" and everything else for filled. */
export function fillingNullsOnly(actual: typeof Pages): typeof Pages {
  const pageStatement: typeof actual.pageStatement = (input) => {
    const { old, next } = input.sides
    const differs = disagree(`t.${identifier(next.name)}`, `t.${identifier(old.name)}`, old)
    return actual.pageStatement(input).replaceAll(differs, `t.${identifier(next.name)} IS NULL`)
  }
  return { ...actual, pageStatement }
}
