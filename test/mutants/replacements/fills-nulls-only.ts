import type * as Pages from '../../../src/backfill/page-statement.ts'
import { identifier } from '../../../src/sql/identifier.ts'
import { disagree, valuesOf } from '../../../src/sync/agreement.ts'

/** Takes a NULL for "not filled yet" and everything else for filled. */
export function fillingNullsOnly(actual: typeof Pages): typeof Pages {
  const pageStatement: typeof actual.pageStatement = (input) => {
    const { next } = input.sides
    const differs = disagree(input.changeId, input.sides, valuesOf(input.sides, 't'))
    return actual.pageStatement(input).replaceAll(differs, `t.${identifier(next[0]!.name)} IS NULL`)
  }
  return { ...actual, pageStatement }
}
