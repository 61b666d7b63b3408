import { expect, it } from 'vitest'
import { inWords } from '../../../src/sql/identifier.ts'

it('a table is named with its schema, unless that is the one that is meant without a name', () => {
  expect(inWords({ schema: 'public', name: 'users' })).toBe('users')
  expect(inWords({ schema: 'billing', name: 'users' })).toBe('billing.users')
})
