import { sql } from 'drizzle-orm'
import { integer, pgTable, serial, text } from 'drizzle-orm/pg-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { createRepositories } from '../../../src/repository/index.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, decisionIn, situations } from './support/phases.ts'

const people = pgTable('people', {
  id: serial().primaryKey(),
  tenant: integer().notNull(),
  name: text().notNull(),
  first: text('first_name').notNull(),
  last: text('last_name').notNull(),
  age: integer(),
})
const changes = {
  nameInTwo: changeColumns({
    id: 'name-in-two',
    table: people,
    from: ['name'],
    to: ['first', 'last'],
    forward: ({ name }) => ({ first: sql`split_part(${name}, ' ', 1)`, last: sql`split_part(${name}, ' ', 2)` }),
    backward: ({ first, last }) => ({ name: sql`${first} || ' ' || ${last}` }),
  }),
}
const definitions = { old: 'name text, unique (tenant, name)', new: 'first_name text, last_name text' }

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
})

describe.each(situations)('in $name', (situation) => {
  const setUp = () => createRepositories({ db: wired.db, schema: { people }, changes, decider: always(situation) })
  const { write } = decisionIn(situation).mode
  beforeEach(async () => {
    const existing = situation.columns.map((side) => definitions[side]).join(', ')
    await wired.pool.query(
      `drop table if exists people; create table people (id serial primary key, tenant integer, age integer, ${existing})`,
    )
    // As the handover leaves it: the new columns are unique together.
    if (write === 'new') await wired.pool.query('create unique index on people (tenant, first_name, last_name)')
  })

  it('an upsert finds the conflict by all new keys of a change', async () => {
    const repository = setUp().repository(people)
    const ada = { tenant: 1, first: 'Ada', last: 'L' }
    const made = await repository.upsert({ ...ada, age: 1 }, { target: ['last', 'tenant', 'first'] })
    expect(await repository.upsert({ ...ada, age: 2 }, { target: ['tenant', 'first', 'last'] })).toEqual({
      ...made,
      age: 2,
    })
    expect(await repository.upsert({ ...ada, tenant: 2 }, { target: ['tenant', 'first', 'last'] })).toMatchObject({
      id: 3,
    })
    const kept = await repository.upsert(ada, { target: ['tenant', 'first', 'last'], set: {} })
    expect(kept).toEqual({ ...made, age: 2 })
  })

  it('a column of its own is the only one that resolve gives as a conflict target', async () => {
    const { run, resolve } = setUp()
    await run({}, async () => {
      const { into } = resolve(people)
      if (write === 'old') expect(() => into.first).toThrow('stands on no column of its own yet')
      else expect(into.first.name).toBe('first_name')
    })
  })

  it('more rows than fit into one statement are inserted all, in their order', async () => {
    const rows = Array.from({ length: 15_000 }, (_, row) => ({ tenant: 1, first: `${row}`, last: 'x' }))
    const inserted = await setUp().repository(people).insertMany(rows)
    expect(inserted.map(({ first }) => first)).toEqual(rows.map(({ first }) => first))
  })
})
