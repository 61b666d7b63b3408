import { createToolkit, renameColumn } from 'drizzle-expand-contract'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import { describe, expect, it } from 'vitest'

const users = pgTable('users', { id: serial().primaryKey(), name: text(), fullName: text('full_name') })
const orders = pgTable('orders', { id: serial().primaryKey() })
const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })

/** Nothing is sent to the database in here; a connection would be refused. */
const db = drizzle('postgres://nobody@127.0.0.1:1/nowhere')
const toolkit = createToolkit({ db, schema: { users }, changes: { userFullName } })

describe('a toolkit that has not been started', () => {
  it.each([
    ['a repository', () => toolkit.repository(users).findMany()],
    ['a query', () => toolkit.query(({ users, db }) => db.select().from(users))],
    ['resolve', () => toolkit.run({}, () => toolkit.resolve(users))],
  ])('refuses %s, since no phase is known', async (_, use) => {
    await expect(use()).rejects.toMatchObject({ code: 'EC_NOT_STARTED' })
  })
})

describe('a table that the schema does not export', () => {
  it('has no repository', () => {
    expect(() => toolkit.repository(orders)).toThrow(
      expect.objectContaining({ code: 'EC_TABLE_UNKNOWN', details: { table: 'orders', tables: ['users'] } }),
    )
  })

  it('can have no change', () => {
    expect(() => createToolkit({ db, schema: { orders }, changes: { userFullName } })).toThrow(
      expect.objectContaining({ code: 'EC_TABLE_UNKNOWN', details: { table: 'users', tables: ['orders'] } }),
    )
  })
})

describe('resolve', () => {
  it('is refused where no unit of work keeps what it returns valid', async () => {
    const outside = expect.objectContaining({ code: 'EC_OUTSIDE_UNIT', details: { table: 'users' } })
    expect(() => toolkit.resolve(users)).toThrow(outside)
    const inLongRun = toolkit.run({}, () => toolkit.resolve(users), { longRunning: true })
    await expect(inLongRun).rejects.toEqual(outside)
  })
})
