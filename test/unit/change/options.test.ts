import { describe, expect, it } from 'vitest'
import { checkedId, duration } from '../../../src/change/options.ts'

describe('duration', () => {
  it.each([
    ['7 days', 604_800_000],
    ['1 day', 86_400_000],
    ['12 hours', 43_200_000],
    ['1.5 minutes', 90_000],
    ['90seconds', 90_000],
    ['2 weeks', 1_209_600_000],
    ['250 ms', 250],
    ['0', 0],
    [0, 0],
    [1500, 1500],
  ])('%j is %d milliseconds', (value, milliseconds) => {
    expect(duration('soak', value)).toBe(milliseconds)
  })

  it.each(['', '7', 'days', '-1 day', '7 fortnights', Number.NaN, -1, Number.POSITIVE_INFINITY])(
    'refuses %j',
    (value) => {
      expect(() => duration('soak', value)).toThrow(/^soak: .* is no duration/)
    },
  )
})

describe('checkedId', () => {
  it.each(['a', 'user-full-name', `a${'1'.repeat(39)}`])('takes %j', (id) => {
    expect(checkedId(id)).toBe(id)
  })

  it.each(['', '1a', '-a', 'A', 'a b', 'a_b', 'a;drop', `a${'1'.repeat(40)}`, undefined, 7])('refuses %j', (id) => {
    expect(() => checkedId(id)).toThrow('cannot be the id of a change')
  })
})
