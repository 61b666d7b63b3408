import { eq, sql } from 'drizzle-orm'
import { bigint, integer, numeric, pgTable, serial, timestamp } from 'drizzle-orm/pg-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AnyChange } from '../../../src/change/change.ts'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { sidesOf } from '../../../src/change/sides.ts'
import { phases } from '../../../src/phase/phase.ts'
import { createRepositories } from '../../../src/repository/index.ts'
import { createTransformFunctions, installSync } from '../../../src/sync/index.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, type Situation, situations, writtenSides } from './support/phases.ts'

/** Columns that round, and ways back that tell a value from what it is rounded to. */
const prices = pgTable('prices', {
  id: serial().primaryKey(),
  cents: integer().notNull().default(0),
  amount: numeric({ precision: 12, scale: 2 }).notNull(),
  second: bigint({ mode: 'number' }),
  moment: timestamp({ precision: 0, mode: 'string' }),
})

const changes = {
  inCents: changeColumns({
    id: 'in-cents',
    table: prices,
    from: ['cents'],
    to: ['amount'],
    forward: ({ cents }) => ({ amount: sql`${cents} / 100.0` }),
    backward: ({ amount }) => ({ cents: sql`floor(${amount} * 100)` }),
    mayRaise: false,
  }),
  asMoment: changeColumns({
    id: 'as-moment',
    table: prices,
    from: ['second'],
    to: ['moment'],
    forward: ({ second }) => ({ moment: sql`timestamp '2026-01-01' + ${second} * interval '1 second'` }),
    backward: ({ moment }) => ({ second: sql`floor(extract(epoch from ${moment} - timestamp '2026-01-01'))` }),
  }),
}

const columns = { old: 'cents integer, second bigint', new: 'amount numeric(12,2), moment timestamp(0)' }
const rounded = { amount: '1.24', moment: '2026-01-01 00:00:02' }
/** As JSON. */
const stored = { old: { cents: 124, second: 2 }, new: { amount: 1.24, moment: '2026-01-01T00:00:02' } }
const literals = { amount: '1.239', moment: '2026-01-01 00:00:01.7' }
const expressions = { amount: sql`1.2 + 0.039`, moment: sql`timestamp '2026-01-01 00:00:01' + interval '0.7 s'` }

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
  await wired.pool.query('create schema if not exists expand_contract')
})

async function createPrices(situation: Situation): Promise<void> {
  const existing = situation.columns.map((side) => columns[side]).join(', ')
  await wired.pool.query(`drop table if exists prices; create table prices (id serial primary key, ${existing})`)
}

async function installTriggers({ phase }: Situation): Promise<void> {
  const { triggerMode } = phases[phase]
  for (const change of Object.values(changes) as unknown as AnyChange[]) {
    const sides = sidesOf(change)
    const statements = [...createTransformFunctions(change.id, sides), ...installSync(change, sides, triggerMode!)]
    for (const statement of statements) await wired.pool.query(statement)
  }
}

async function expectRounded(situation: Situation): Promise<void> {
  const toolkit = createRepositories({ db: wired.db, schema: { prices }, changes, decider: always(situation) })
  const repository = toolkit.repository(prices)
  const made = await repository.insertMany([literals, expressions, { amount: '0' }, { amount: '0' }])
  expect(made.slice(0, 2)).toEqual([1, 2].map((id) => ({ id, ...rounded })))
  await repository.update(literals, (price) => eq(price.id, 3))
  await repository.update(expressions, (price) => eq(price.id, 4))
  const { rows } = await wired.pool.query<{ held: unknown }>('select to_jsonb(prices) as held from prices order by id')
  expect(rows).toHaveLength(4)
  const sides = writtenSides(situation).map((side) => stored[side])
  for (const { held } of rows) expect(held).toMatchObject(Object.assign({}, ...sides))
}

describe.each(situations)('in $name', (situation) => {
  beforeEach(() => createPrices(situation))

  it('a value that its column rounds is carried to the other side as it is stored', () => expectRounded(situation))
})

describe.each(situations.filter(({ columns }) => columns.length === 2))(
  'beside the sync trigger in $name',
  (situation) => {
    beforeEach(async () => {
      await createPrices(situation)
      await installTriggers(situation)
    })

    it('what a repository wrote stays as it is, so the sides agree', () => expectRounded(situation))
  },
)
