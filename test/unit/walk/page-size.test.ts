import { expect, test } from 'vitest'
import { nextPageRows, pageRowsAfterTimeout } from '../../../src/walk/page-size.ts'

test.for([
  ['slow pages become smaller', 5_000, 1_001, 2_500],
  ['a page of one row cannot become smaller', 1, 60_000, 1],
  ['pages of a good size stay', 2_500, 600, 2_500],
  ['quick pages grow again', 1_000, 10, 2_000],
  ['no page grows beyond what was asked for', 4_000, 10, 5_000],
  ['a page that may no longer be so large comes down at once', 50_000, 10, 5_000],
  ['however long it took', 50_000, 1_001, 5_000],
] as const)('%s', ([, rows, tookMs, expected]) => {
  expect(nextPageRows(rows, tookMs, 5_000)).toBe(expected)
})

test('pages that time out again and again come down to one row within five tries', () => {
  let [rows, tries] = [5_000, 0]
  for (; rows > 1; tries += 1) rows = pageRowsAfterTimeout(rows)
  expect(tries).toBeLessThanOrEqual(5)
})
