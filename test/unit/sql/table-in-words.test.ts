import { expect, it } from 'vitest'
import { tableInWords } from '../../../src/sql/identifier.ts'

it('a table is named with its schema, unless that is the one that is meant without a name', () => {
  expect(tableInWords({ schema: 'public', name: 'users' })).toBe('users')
  expect(tableInWords({ schema: 'billing', name: 'users' })).toBe('billing.users')
})
