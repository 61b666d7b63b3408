import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { AnyChange } from '../../../src/change/change.ts'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { sidesOf } from '../../../src/change/sides.ts'
import type { Database } from '../../../src/drizzle/database.ts'
import { derivedPhase } from '../../../src/toolkit/derived-phase.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

const people = pgTable('people', {
  id: serial().primaryKey(),
  street: text(),
  town: text(),
  first: text(),
  last: text(),
})
const change = changeColumns({
  id: 'two-by-two',
  table: people,
  from: ['street', 'town'],
  to: ['first', 'last'],
  forward: ({ street, town }) => ({ first: sql`${street}`, last: sql`${town}` }),
  backward: ({ first, last }) => ({ street: sql`${first}`, town: sql`${last}` }),
}) as unknown as AnyChange

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})

describe('the phase of a change of several columns, by its columns', () => {
  const derive = async (columns: readonly string[]) => {
    const list = columns.map((column) => `, ${column} text`).join('')
    await database.pool.query(`drop table if exists people; create table people (id serial primary key${list})`)
    return derivedPhase(
      drizzle({ client: database.pool }) as unknown as Database,
      change.id,
      sidesOf(change),
      'optional',
    )
  }

  it.each([
    [['street', 'town'], 'planned'],
    [['street', 'town', 'first'], 'planned'],
    [['street', 'town', 'first', 'last'], 'dual-write'],
    [['town', 'first', 'last'], 'contracted'],
    [['first', 'last'], 'contracted'],
  ] as const)('%j: %s', async (columns, phase) => {
    expect(await derive(columns)).toBe(phase)
  })

  it('is none where no side is whole', async () => {
    await expect(derive(['street', 'last'])).rejects.toMatchObject({
      code: 'EC_SCHEMA_CHANGED_UNDER',
      message: expect.stringContaining('"town", "first"'),
    })
  })
})
