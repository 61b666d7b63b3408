import { arrayContains, eq, sql } from 'drizzle-orm'
import * as core from 'drizzle-orm/pg-core'
import {
  bigint,
  char,
  customType,
  integer,
  jsonb,
  numeric,
  pgEnum,
  pgSchema,
  pgTable,
  primaryKey,
  serial,
  text,
  timestamp,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { createRepositories } from '../../../src/repository/index.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, situations } from './support/phases.ts'

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
})

const whereBothExist = situations.filter(({ columns }) => columns.length === 2)

const mood = pgEnum('Mood "x"', ['sad', 'ok', 'happy'])
const billing = pgSchema('Billing "1"')
const level = billing.enum('level', ['low', 'high'])

/** Encodes a value differently each time, as encryption does. */
let encodings = 0
const salted = customType<{ data: string; driverData: string }>({
  dataType: () => 'text',
  toDriver(value) {
    encodings += 1
    return `${encodings}:${value}`
  },
  fromDriver: (value) => value.slice(value.indexOf(':') + 1),
})

const things = billing.table(
  'Some things',
  {
    tenant: integer().notNull(),
    id: uuid().notNull(),
    sequence: integer().generatedAlwaysAsIdentity(),
    lower: text().generatedAlwaysAs(sql`lower("short")`),
    mood: mood(),
    newMood: mood('new_mood'),
    level: level(),
    newLevel: level('new_level'),
    moods: mood().array(),
    newMoods: mood('new_moods').array(),
    tags: text().array().notNull(),
    newTags: text('new_tags').array(),
    meta: jsonb().$type<{ a: number }>(),
    newMeta: jsonb('new_meta').$type<{ a: number }>(),
    at: timestamp({ withTimezone: true }),
    newAt: timestamp('new_at', { withTimezone: true }),
    cents: bigint({ mode: 'bigint' }),
    newCents: bigint('new_cents', { mode: 'bigint' }),
    price: numeric({ precision: 6, scale: 2 }),
    newPrice: numeric('new_price', { precision: 6, scale: 2 }),
    short: varchar({ length: 5 }),
    newShort: varchar('new "short"', { length: 5 }),
    code: char({ length: 3 }),
    newCode: char('new_code', { length: 3 }),
    secret: salted(),
    newSecret: salted('new_secret'),
  },
  (table) => [primaryKey({ columns: [table.tenant, table.id] })],
)

const renamed = ['mood', 'level', 'moods', 'tags', 'meta', 'at', 'cents', 'price', 'short', 'code', 'secret'] as const
const changes = {
  mood: renameColumn({ id: 'mood', table: things, from: 'mood', to: 'newMood' }),
  level: renameColumn({ id: 'level', table: things, from: 'level', to: 'newLevel' }),
  moods: renameColumn({ id: 'moods', table: things, from: 'moods', to: 'newMoods' }),
  tags: renameColumn({ id: 'tags', table: things, from: 'tags', to: 'newTags' }),
  meta: renameColumn({ id: 'meta', table: things, from: 'meta', to: 'newMeta' }),
  at: renameColumn({ id: 'at', table: things, from: 'at', to: 'newAt' }),
  cents: renameColumn({ id: 'cents', table: things, from: 'cents', to: 'newCents' }),
  price: renameColumn({ id: 'price', table: things, from: 'price', to: 'newPrice' }),
  short: renameColumn({ id: 'short', table: things, from: 'short', to: 'newShort' }),
  code: renameColumn({ id: 'code', table: things, from: 'code', to: 'newCode' }),
  secret: renameColumn({ id: 'secret', table: things, from: 'secret', to: 'newSecret' }),
}

describe.each(whereBothExist)('types of columns in $name', (situation) => {
  const repository = () =>
    createRepositories({ db: wired.db, schema: { things }, changes, decider: always(situation) }).repository(things)

  beforeAll(async () => {
    await wired.pool.query(`
      drop schema if exists "Billing ""1""" cascade;
      drop type if exists "Mood ""x""";
      create schema "Billing ""1""";
      create type "Mood ""x""" as enum ('sad', 'ok', 'happy');
      create type "Billing ""1""".level as enum ('low', 'high');
      create table "Billing ""1"""."Some things" (
        tenant integer, id uuid, sequence integer generated always as identity,
        lower text generated always as (lower(short)) stored,
        mood "Mood ""x""", new_mood "Mood ""x""",
        level "Billing ""1""".level, new_level "Billing ""1""".level,
        moods "Mood ""x"""[], new_moods "Mood ""x"""[],
        tags text[], new_tags text[], meta jsonb, new_meta jsonb, at timestamptz, new_at timestamptz,
        cents bigint, new_cents bigint, price numeric(6, 2), new_price numeric(6, 2),
        short varchar(5), "new ""short""" varchar(5), code char(3), new_code char(3),
        secret text, new_secret text,
        primary key (tenant, id)
      );
    `)
  })

  async function expectSidesAgree(): Promise<void> {
    if (always(situation).decide(undefined as never, undefined).mode.write !== 'both') return
    for (const old of renamed) {
      const next = old === 'short' ? '"new ""short"""' : `new_${old}`
      const { rows } = await wired.pool.query(
        `select count(*)::int as number from "Billing ""1"""."Some things" where ${old} is distinct from ${next}`,
      )
      expect({ old, rows }).toEqual({ old, rows: [{ number: 0 }] })
    }
  }

  const values = {
    newMood: 'ok',
    newLevel: 'high',
    newMoods: ['sad', 'happy'],
    newTags: ['a', 'b, "c"'],
    newMeta: { a: 1 },
    newAt: new Date('2026-01-02T03:04:05.006Z'),
    newCents: 9007199254740993n,
    newPrice: '12.34',
    newShort: 'AbC',
    newCode: 'xyz',
    newSecret: 'hush',
  } as const

  it('keep their values', async () => {
    const id = crypto.randomUUID()
    const row = await repository().insert({
      ...values,
      newMoods: ['sad', 'happy'],
      newTags: [...values.newTags],
      tenant: 1,
      id,
    })
    expect(row).toMatchObject({ ...values, tenant: 1, id, sequence: expect.any(Number) })
    expect(
      (await repository().findMany({ where: (t) => arrayContains(t.newTags, ['a']) })).some((r) => r.id === id),
    ).toBe(true)
    expect(await repository().count((t) => eq(t.newAt, values.newAt))).toBeGreaterThan(0)
    expect(await repository().count((t) => eq(t.newMeta, { a: 1 }))).toBeGreaterThan(0)
    await expectSidesAgree()
  })

  it('take expressions, whose parameters get the type of the column', async () => {
    const id = crypto.randomUUID()
    const row = await repository().insert({
      tenant: 2,
      id,
      newTags: sql`array[${'x'}, ${'y'}]`,
      newMood: sql`${'sad'}`,
      newLevel: sql`${'low'}`,
      newMoods: sql`array[${'ok'}]::"Mood ""x"""[]`,
      newMeta: sql`jsonb_build_object('a', ${2}::int)`,
      newAt: sql`now()`,
      newCents: sql`${'41'}::int + 1`,
      newPrice: sql`${'1.239'}`,
      newShort: sql`${'Ab'} || ${'C'}`,
      newCode: sql`${'ab'}`,
    })
    const expected = {
      newTags: ['x', 'y'],
      newMood: 'sad',
      newLevel: 'low',
      newMoods: ['ok'],
      newMeta: { a: 2 },
      newCents: 42n,
      newPrice: '1.24',
      newShort: 'AbC',
      newCode: 'ab ',
    }
    expect(row).toMatchObject(expected)
    const [updated] = await repository().update(
      (t) => ({
        newCents: sql`${t.newCents} * ${2}`,
        newMood: sql`${'happy'}`,
        newTags: sql`array_append(${t.newTags}, ${'z'})`,
      }),
      (t) => eq(t.id, id),
    )
    expect(updated).toMatchObject({ ...expected, newCents: 84n, newMood: 'happy', newTags: ['x', 'y', 'z'] })
    await expectSidesAgree()
  })

  it('raise an error for an expression that is too long, as they do without the change', async () => {
    const insert = repository().insert({
      tenant: 3,
      id: crypto.randomUUID(),
      newTags: [],
      newShort: sql`${'far too long'}`,
    })
    await expect(insert).rejects.toMatchObject({ cause: { code: '22001' } })
  })

  it('upsert by a composite key', async () => {
    const id = crypto.randomUUID()
    const first = await repository().upsert({ tenant: 4, id, newTags: ['a'] }, { target: ['tenant', 'id'] })
    const second = await repository().upsert({ tenant: 4, id, newTags: ['b'] }, { target: ['tenant', 'id'] })
    expect([second.sequence, second.newTags]).toEqual([first.sequence, ['b']])
    await expectSidesAgree()
  })
})

/** Columns that name themselves: `casing` in Drizzle 0.45, tables made with `snakeCase` in Drizzle 1.0. */
describe.each(situations)('casing in $name', (situation) => {
  const { snakeCase } = core as unknown as { snakeCase?: { table: typeof pgTable } }
  const makeTable = snakeCase?.table ?? pgTable
  const people = makeTable('people', { id: serial().primaryKey(), firstName: text().notNull(), givenName: text() })
  const change = renameColumn({ id: 'given-name', table: people, from: 'firstName', to: 'givenName' })

  it('names the columns as the database has them', async () => {
    const columns = situation.columns.map((side) => (side === 'old' ? 'first_name text' : 'given_name text'))
    await wired.pool.query(
      `drop table if exists people; create table people (id serial primary key, ${columns.join(', ')})`,
    )
    const db = wired.drizzle(snakeCase === undefined ? { casing: 'snake_case' } : {})
    const toolkit = createRepositories({ db, schema: { people }, changes: { change }, decider: always(situation) })
    const repository = toolkit.repository(people)
    await repository.insert({ givenName: 'Ada' })
    await repository.insert({ givenName: sql`gen_random_uuid()` })
    await repository.upsert({ id: 1, givenName: 'Ada L.' }, { target: 'id' })
    await repository.update(
      (person) => ({ givenName: sql`${person.givenName} || '!'` }),
      (person) => eq(person.id, 1),
    )
    expect(await repository.findMany({ where: (person) => eq(person.givenName, 'Ada L.!') })).toEqual([
      { id: 1, givenName: 'Ada L.!' },
    ])
    const unchanged = createRepositories({ db, schema: { people }, changes: {}, decider: always(situation) })
    if (situation.columns.length === 2) {
      const row = { id: 1, firstName: 'Ada L.!', givenName: 'Ada L.!' }
      expect(await unchanged.repository(people).upsert(row, { target: 'id' })).toEqual(row)
    }
    // The clones share Drizzle's cache of names with the table itself, which has to find its own ones there.
    const existing = situation.columns.includes('old') ? people.firstName : people.givenName
    expect(await db.select({ name: existing }).from(people).where(eq(people.id, 1))).toHaveLength(1)
  })
})

describe('names', () => {
  it('may have quotes, spaces, upper case and 63 bytes', async () => {
    const long = `${'ö'.repeat(31)}x`
    const odd = pgTable('Odd "table"', {
      id: serial('The "Id"').primaryKey(),
      old: text(`Old "na'me"`),
      next: text(long),
    })
    const change = renameColumn({ id: 'odd', table: odd, from: 'old', to: 'next' })
    await wired.pool.query(
      `create table "Odd ""table""" ("The ""Id""" serial primary key, "Old ""na'me""" text unique, "${long}" text unique)`,
    )
    const situation = situations.find(({ phase }) => phase === 'dual-write')!
    const toolkit = createRepositories({
      db: wired.db,
      schema: { odd },
      changes: { change },
      decider: always(situation),
    })
    const repository = toolkit.repository(odd)
    await repository.insertMany([{ next: 'a' }, { next: sql`gen_random_uuid()` }])
    await repository.upsert({ next: 'a' }, { target: 'next' })
    await repository.update({ next: sql`'b' || ${1}::text` }, (row) => eq(row.next, 'a'))
    expect(await repository.findFirst({ where: (row) => eq(row.next, 'b1') })).toEqual({ id: 1, next: 'b1' })
    const { rows } = await wired.pool.query(`select "Old ""na'me""" = "${long}" as same from "Odd ""table"""`)
    expect(rows).toEqual([{ same: true }, { same: true }])
  })
})
