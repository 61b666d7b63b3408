import { pgSchema, pgTable, serial, text } from 'drizzle-orm/pg-core'
import { describe, expect, it } from 'vitest'
import { changesOf, collectChanges } from '../../../src/change/collect.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'

const columns = { id: serial().primaryKey(), a: text(), b: text(), c: text(), d: text() }
const table = pgTable('t', columns)
const elsewhere = pgSchema('elsewhere').table('t', columns)

const aToB = renameColumn({ id: 'a-to-b', table, from: 'a', to: 'b' })
const cToD = renameColumn({ id: 'c-to-d', table, from: 'c', to: 'd' })

describe('collectChanges', () => {
  it('takes a module, a record or an array, and passes over what is no change', () => {
    const module = { aToB, cToD, notAChange: 42, table, nothing: undefined }
    expect(collectChanges(module).map(({ id }) => id)).toEqual(['a-to-b', 'c-to-d'])
    expect(collectChanges([cToD, aToB]).map(({ id }) => id)).toEqual(['c-to-d', 'a-to-b'])
    expect(collectChanges({})).toEqual([])
  })

  it('takes a declaration that is exported twice once', () => {
    expect(collectChanges({ aToB, default: aToB })).toHaveLength(1)
  })

  it('refuses an id that is taken', () => {
    const other = renameColumn({ id: 'a-to-b', table, from: 'c', to: 'd' })
    expect(() => collectChanges({ aToB, other })).toThrow(
      expect.objectContaining({
        code: 'EC_CHANGE_ID_TAKEN',
        message:
          'Two changes are declared with the id "a-to-b", so neither can be told from the other in the database.',
      }),
    )
  })

  it.each([
    ['the same old column', 'a', 'd', 'a'],
    ['the same new column', 'c', 'b', 'b'],
    ['a chain, where one begins with what the other ends in', 'b', 'd', 'b'],
  ] as const)('refuses changes that overlap: %s', (_name, from, to, key) => {
    const other = renameColumn({ id: 'other', table, from, to } as never)
    expect(() => collectChanges([aToB, other])).toThrow(
      expect.objectContaining({
        code: 'EC_OVERLAPPING_CHANGES',
        message: `Changes "a-to-b" and "other" both use "${key}" of table "t", and each would overwrite what the other writes.`,
      }),
    )
  })

  it('lets tables of the same name in two schemas be', () => {
    const other = renameColumn({ id: 'other', table: elsewhere, from: 'a', to: 'b' })
    expect(collectChanges([aToB, other])).toHaveLength(2)
    expect(changesOf(collectChanges([aToB, other]), table).map(({ id }) => id)).toEqual(['a-to-b'])
    expect(changesOf(collectChanges([aToB, other]), elsewhere).map(({ id }) => id)).toEqual(['other'])
  })

  it('finds the changes of a table by its name, not by the object', () => {
    const sameTable = pgTable('t', columns)
    expect(changesOf(collectChanges([aToB, cToD]), sameTable)).toHaveLength(2)
  })
})
