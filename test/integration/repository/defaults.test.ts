import { eq, sql } from 'drizzle-orm'
import { integer, pgTable, serial, text, timestamp } from 'drizzle-orm/pg-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { createRepositories } from '../../../src/repository/index.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, situations, writtenSides } from './support/phases.ts'

let calls = 0
const nextCall = (): string => {
  calls += 1
  return `call ${calls}`
}

/** Every kind of default on an old side; the new sides have other ones, which must not count. */
const items = pgTable('items', {
  id: serial().primaryKey(),
  label: text(),
  constant: text().notNull().default('old'),
  newConstant: text('new_constant').notNull().default('new'),
  volatile: text().notNull().default(sql`gen_random_uuid()`),
  newVolatile: text('new_volatile'),
  made: text().notNull().$defaultFn(nextCall),
  newMade: text('new_made').$defaultFn(() => 'new'),
  touched: text().$onUpdateFn(nextCall),
  newTouched: text('new_touched'),
  stamp: timestamp({ mode: 'string', precision: 3 }).notNull().defaultNow(),
  newStamp: timestamp('new_stamp', { mode: 'string', precision: 3 }),
  stamped: timestamp().$onUpdate(() => sql`clock_timestamp()` as never),
  newStamped: timestamp('new_stamped'),
  bare: integer(),
  newBare: integer('new_bare').notNull().default(7),
})

const pairs = {
  constant: 'newConstant',
  volatile: 'newVolatile',
  made: 'newMade',
  touched: 'newTouched',
  stamp: 'newStamp',
  stamped: 'newStamped',
  bare: 'newBare',
} as const

const changes = {
  constant: renameColumn({ id: 'constant', table: items, from: 'constant', to: 'newConstant' }),
  volatile: renameColumn({ id: 'volatile', table: items, from: 'volatile', to: 'newVolatile' }),
  made: renameColumn({ id: 'made', table: items, from: 'made', to: 'newMade' }),
  touched: renameColumn({ id: 'touched', table: items, from: 'touched', to: 'newTouched' }),
  stamp: renameColumn({ id: 'stamp', table: items, from: 'stamp', to: 'newStamp' }),
  stamped: renameColumn({ id: 'stamped', table: items, from: 'stamped', to: 'newStamped' }),
  bare: renameColumn({ id: 'bare', table: items, from: 'bare', to: 'newBare' }),
}

const types: Readonly<Record<keyof typeof pairs, string>> = {
  constant: 'text',
  volatile: 'text',
  made: 'text',
  touched: 'text',
  stamp: 'timestamp(3)',
  stamped: 'timestamp',
  bare: 'integer',
}

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
})

describe.each(situations)('omitted values in $name', (situation) => {
  const repository = () =>
    createRepositories({ db: wired.db, schema: { items }, changes, decider: always(situation) }).repository(items)

  beforeEach(async () => {
    const columns = Object.entries(pairs).flatMap(([old]) =>
      situation.columns.map((side) => `${side === 'old' ? old : `new_${old}`} ${types[old as keyof typeof pairs]}`),
    )
    // No DEFAULT in the database: expand takes it away from both sides.
    await wired.pool.query(
      `drop table if exists items; create table items (id serial primary key, label text, ${columns.join(', ')})`,
    )
  })

  /** The physical values, with both sides compared by the database. */
  async function expectSidesAgree(): Promise<void> {
    if (writtenSides(situation).length < 2) return
    const differences = Object.keys(pairs).map((old) => `count(*) filter (where ${old} is distinct from new_${old})`)
    const { rows } = await wired.pool.query({
      text: `select ${differences.map((count, index) => `${count}::int as n${index}`).join(', ')} from items`,
      rowMode: 'array',
    })
    expect(rows[0]).toEqual(Object.keys(pairs).map(() => 0))
  }

  it('take the default of the old side, once', async () => {
    const before = calls
    const row = await repository().insert({ label: 'x' })
    expect(calls).toBe(before + 2)
    expect(row).toMatchObject({
      newConstant: 'old',
      newVolatile: expect.stringMatching(/^[0-9a-f-]{36}$/),
      newMade: expect.stringMatching(/^call \d+$/),
      newTouched: expect.stringMatching(/^call \d+$/),
      newStamp: expect.stringMatching(/^\d{4}-/),
      newStamped: expect.any(Date),
      newBare: null,
    })
    await expectSidesAgree()
  })

  it('take a default of their own in each row of many', async () => {
    const rows = await repository().insertMany(Array.from({ length: 130 }, (_, index) => ({ label: String(index) })))
    expect(rows.map(({ label }) => label)).toEqual(Array.from({ length: 130 }, (_, index) => String(index)))
    expect(new Set(rows.map(({ newVolatile }) => newVolatile)).size).toBe(130)
    await expectSidesAgree()
  })

  it('leave a default alone where a value is given', async () => {
    const row = await repository().insert({ newConstant: 'given', newVolatile: 'given', newMade: 'given', newBare: 1 })
    expect(row).toMatchObject({ newConstant: 'given', newVolatile: 'given', newMade: 'given', newBare: 1 })
    await expectSidesAgree()
  })

  it('are set by $onUpdate on update, and by an upsert that updates', async () => {
    const made = await repository().insert({ label: 'x' })
    const [updated] = await repository().update({ label: 'y' }, (item) => eq(item.id, made.id))
    expect(updated!.newTouched).not.toBe(made.newTouched)
    expect(updated!.newStamped!.getTime()).toBeGreaterThanOrEqual(made.newStamped!.getTime())
    expect(updated!.newMade).toBe(made.newMade)
    const upserted = await repository().upsert({ id: made.id, label: 'z' }, { target: 'id' })
    expect(upserted.newTouched).not.toBe(updated!.newTouched)
    expect(upserted.newConstant).toBe('old')
    await expectSidesAgree()
  })
})
