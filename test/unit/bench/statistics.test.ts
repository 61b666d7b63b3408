import { describe, expect, test } from 'vitest'
import { exponentOf, median, ratioOfMedians } from '../../../bench/harness/statistics.ts'

describe('the median', () => {
  test.each([
    ['is the middle value, whatever the order', [30, 10, 20], 20],
    ['is the mean of the two in the middle', [4, 1, 3, 2], 2.5],
    ['is the only value', [7], 7],
    ['compares numbers, not their digits', [100, 9, 80], 80],
    ['does not follow one slow round', [10, 11, 9, 10, 9_000], 10],
  ])('%s', (_sentence, values, expected) => {
    expect(median(values)).toBe(expected)
  })

  test('leaves the values in the order in which they were measured', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })

  test('of nothing is refused', () => {
    expect(() => median([])).toThrow('no median of nothing')
  })
})

test('a ratio divides the median of the one by the median of the other', () => {
  expect(ratioOfMedians([30, 90, 10], [20, 5, 20])).toBe(1.5)
})

describe('the exponent', () => {
  const costs = (k: number) => [20, 200, 2_000].map((size) => ({ size, cost: 3 * size ** k }))

  test.each([1, 1.5, 2])('of size^%d is found, whatever the factor', (k) => {
    expect(exponentOf(costs(k))).toBeCloseTo(k, 10)
  })

  test('of a cost that does not grow is 0', () => {
    expect(exponentOf(costs(0))).toBeCloseTo(0, 10)
  })

  test('of one size is refused', () => {
    expect(() => exponentOf([{ size: 20, cost: 1 }])).toThrow('two sizes')
  })
})
