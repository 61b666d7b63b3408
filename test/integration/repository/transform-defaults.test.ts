import { eq, sql } from 'drizzle-orm'
import { bigint, integer, pgTable, serial, text, timestamp } from 'drizzle-orm/pg-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { createRepositories } from '../../../src/repository/index.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, situations, writtenSides } from './support/phases.ts'

let calls = 0
const nextCall = (): string => {
  calls += 1
  return `call ${calls}`
}

/** Every kind of default on an old side that is computed from; the new sides have other ones, which must not count. */
const items = pgTable('items', {
  id: serial().primaryKey(),
  label: text(),
  constant: text().notNull().default('a b'),
  newFirst: text('new_first').notNull().default('new'),
  newRest: text('new_rest').default('new'),
  volatile: text().notNull().default(sql`gen_random_uuid()`),
  newHead: text('new_head'),
  newTail: text('new_tail'),
  made: text().notNull().$defaultFn(nextCall),
  newMade: integer('new_made').$defaultFn(() => 0),
  touched: text().$onUpdateFn(nextCall),
  beside: text().notNull().default('x'),
  newTouched: text('new_touched'),
  stamped: timestamp()
    .notNull()
    .defaultNow()
    .$onUpdate(() => sql`clock_timestamp()` as never),
  newStamped: bigint('new_stamped', { mode: 'number' }),
  plain: text().notNull().default('plain'),
  newPlain: text('new_plain'),
})

const changes = {
  inTwo: changeColumns({
    id: 'in-two',
    table: items,
    from: ['constant'],
    to: ['newFirst', 'newRest'],
    forward: ({ constant }) => ({
      newFirst: sql`split_part(${constant}, ' ', 1)`,
      newRest: sql`split_part(${constant}, ' ', 2)`,
    }),
    backward: ({ newFirst, newRest }) => ({ constant: sql`concat_ws(' ', ${newFirst}, ${newRest})` }),
  }),
  headAndTail: changeColumns({
    id: 'head-and-tail',
    table: items,
    from: ['volatile'],
    to: ['newHead', 'newTail'],
    forward: ({ volatile }) => ({ newHead: sql`left(${volatile}, 8)`, newTail: sql`substr(${volatile}, 9)` }),
    backward: ({ newHead, newTail }) => ({ volatile: sql`${newHead} || ${newTail}` }),
  }),
  made: changeColumns({
    id: 'made',
    table: items,
    from: ['made'],
    to: ['newMade'],
    forward: ({ made }) => ({ newMade: sql`substr(${made}, 6)::integer` }),
    backward: ({ newMade }) => ({ made: sql`'call ' || ${newMade}` }),
  }),
  touched: changeColumns({
    id: 'touched',
    table: items,
    from: ['touched', 'beside'],
    to: ['newTouched'],
    forward: ({ touched, beside }) => ({ newTouched: sql`${touched} || '/' || ${beside}` }),
    backward: ({ newTouched }) => ({
      touched: sql`split_part(${newTouched}, '/', 1)`,
      beside: sql`split_part(${newTouched}, '/', 2)`,
    }),
  }),
  stamped: changeColumns({
    id: 'stamped',
    table: items,
    from: ['stamped'],
    to: ['newStamped'],
    forward: ({ stamped }) => ({ newStamped: sql`extract(epoch from ${stamped}) * 1000000` }),
    backward: ({ newStamped }) => ({
      stamped: sql`timestamp '1970-01-01' + ${newStamped} * interval '1 microsecond'`,
    }),
  }),
  plain: renameColumn({ id: 'plain', table: items, from: 'plain', to: 'newPlain' }),
}

const columns = {
  old: 'constant text, volatile text, made text, touched text, beside text, stamped timestamp, plain text',
  new: `new_first text, new_rest text, new_head text, new_tail text, new_made int, new_touched text,
    new_stamped bigint, new_plain text`,
}

/** True where both sides hold what the other one gives. */
const agreement = `
  constant = new_first || ' ' || new_rest and volatile = new_head || new_tail and made = 'call ' || new_made
  and touched || '/' || beside = new_touched and extract(epoch from stamped) * 1000000 = new_stamped and plain = new_plain`

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
})

describe.each(situations)('omitted values in $name', (situation) => {
  const repository = () =>
    createRepositories({ db: wired.db, schema: { items }, changes, decider: always(situation) }).repository(items)
  beforeEach(async () => {
    calls = 0
    const existing = situation.columns.map((side) => columns[side]).join(', ')
    await wired.pool.query(
      `drop table if exists items; create table items (id serial primary key, label text, ${existing})`,
    )
  })

  async function expectAgreement(): Promise<void> {
    if (writtenSides(situation).length < 2) return
    const { rows } = await wired.pool.query(`select ${agreement} as agree from items`)
    for (const row of rows) expect(row).toEqual({ agree: true })
  }

  it('take what the defaults of the old side give, each taken once', async () => {
    const rows = await repository().insertMany([{ label: 'one' }, { label: 'two', newRest: 'c', newHead: 'headhead' }])
    expect(rows).toMatchObject([
      { newFirst: 'a', newRest: 'b', newMade: 1, newTouched: 'call 2/x', newPlain: 'plain' },
      { newFirst: 'a', newRest: 'c', newHead: 'headhead', newMade: 3, newTouched: 'call 4/x', newPlain: 'plain' },
    ])
    expect(`${rows[0]!.newHead}${rows[0]!.newTail}`).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
    expect(rows[1]!.newTail).toMatch(/^-[0-9a-f-]{27}$/)
    expect(rows[0]!.newStamped).toBeGreaterThan(1_700_000_000_000_000)
    await expectAgreement()
  })

  it('are touched by an update that gives other keys, and by an upsert', async () => {
    const [made] = await repository().insertMany([{ label: 'one', newTouched: 'mine/y' }])
    expect(made!.newTouched).toBe('mine/y')
    calls = 10
    const [updated] = await repository().update({ label: 'two' }, (item) => eq(item.id, 1))
    expect(updated).toMatchObject({ ...made, label: 'two', newTouched: 'call 11/y', newStamped: expect.any(Number) })
    expect(updated!.newStamped).toBeGreaterThan(made!.newStamped!)
    const upserted = await repository().upsert({ id: 1, label: 'three', newTouched: 'given/z' }, { target: 'id' })
    expect(upserted).toMatchObject({ label: 'three', newTouched: 'given/z', newFirst: 'a', newMade: 1 })
    expect(upserted.newStamped).toBeGreaterThan(updated!.newStamped!)
    await expectAgreement()
  })
})
