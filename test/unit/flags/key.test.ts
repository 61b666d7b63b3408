import { expect, test } from 'vitest'
import { keyOf } from '../../../src/flags/key.ts'

test.each([
  ['text', 'ada', 'ada'],
  ['a number', 7, '7'],
  ['the number 0', 0, '0'],
  ['an empty text', '', undefined],
  ['undefined', undefined, undefined],
  ['null, from plain JavaScript', null, undefined],
])('the key made of %s', (_name, value, expected) => {
  expect(keyOf({ userId: value as string | undefined }, 'userId')).toBe(expected)
})

test('the key is the entry that the change names, and no other', () => {
  expect(keyOf({ userId: 'ada', accountId: 12 }, 'accountId')).toBe('12')
  expect(keyOf({ userId: 'ada' }, 'accountId')).toBeUndefined()
})
