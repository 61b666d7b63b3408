import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  numeric,
  type PgTable,
  pgEnum,
  pgTable,
  text,
  timestamp,
  unique,
  varchar,
} from 'drizzle-orm/pg-core'
import type { Change } from '../../src/change/change.ts'
import { changeColumns } from '../../src/change/change-columns.ts'

type Schema = Readonly<Record<string, unknown>>

/** A change of columns that is no rename, from the release before it to the one after it. Its table is `things`. */
export interface TransformCase {
  readonly name: string
  /** The schema that is in production already. */
  readonly before: Schema
  /** Pull request 1: both sides, and the declaration. */
  readonly during: Schema & { readonly things: PgTable }
  readonly change: Change
  /** Pull request 2: the new side alone. */
  readonly after: Schema
  /** The old columns, and rows of them as SQL. */
  readonly old: string
  readonly rows: readonly string[]
  /** The new columns as one text, and the same rows in it; `-` is NULL. */
  readonly next: string
  readonly becomes: readonly string[]
}

const id = () => integer().primaryKey()

function numericToBigint(): TransformCase {
  const balance = () => numeric({ precision: 12, scale: 2 }).notNull().default('0')
  const balanceCents = () => bigint('balance_cents', { mode: 'number' }).notNull().default(0)
  const isPositive = (column: string) => check('cents_are_positive', sql.raw(`${column} >= 0`))
  const things = pgTable('things', { id: id(), balance: balance(), balanceCents: balanceCents() }, () => [
    isPositive('balance_cents'),
  ])
  return {
    name: 'numeric to bigint',
    before: { things: pgTable('things', { id: id(), balance: balance() }) },
    during: { things },
    change: changeColumns({
      id: 'in-cents',
      table: things,
      from: ['balance'],
      to: ['balanceCents'],
      forward: ({ balance: amount }) => ({ balanceCents: sql`${amount} * 100` }),
      backward: ({ balanceCents: cents }) => ({ balance: sql`${cents} / 100.0` }),
      soak: '0',
    }),
    after: {
      things: pgTable('things', { id: id(), balanceCents: balanceCents() }, () => [isPositive('balance_cents')]),
    },
    old: 'balance',
    rows: ['12.34', '0', '99999.99'],
    next: 'balance_cents::text',
    becomes: ['1234', '0', '9999999'],
  }
}

function textToInteger(): TransformCase {
  const things = pgTable('things', { id: id(), amount: text(), count: integer() }, (table) => [
    index('things_count').on(table.count),
  ])
  return {
    name: 'text to integer',
    before: { things: pgTable('things', { id: id(), amount: text() }) },
    during: { things },
    change: changeColumns({
      id: 'counted',
      table: things,
      from: ['amount'],
      to: ['count'],
      forward: ({ amount }) => ({ count: sql`${amount}::integer` }),
      backward: ({ count }) => ({ amount: sql`${count}::text` }),
      loses: 'leading zeros and spaces',
      soak: '0',
    }),
    after: {
      things: pgTable('things', { id: id(), count: integer() }, (table) => [index('things_count').on(table.count)]),
    },
    old: 'amount',
    rows: [`'7'`, `' 012'`, 'NULL'],
    next: 'count::text',
    becomes: ['7', '12', '-'],
  }
}

function oneIntoTwo(): TransformCase {
  const name = () => text().notNull()
  const parts = () => ({
    firstName: text('first name').notNull(),
    lastName: varchar('last_name', { length: 40 }).notNull(),
  })
  const things = pgTable('things', { id: id(), name: name(), ...parts() }, (table) => [
    unique('things_names').on(table.lastName, table.firstName),
  ])
  return {
    name: 'one column into two',
    before: { things: pgTable('things', { id: id(), name: name() }) },
    during: { things },
    change: changeColumns({
      id: 'split-name',
      table: things,
      from: ['name'],
      to: ['firstName', 'lastName'],
      forward: ({ name: whole }) => ({
        firstName: sql`split_part(${whole}, ' ', 1)`,
        lastName: sql`substr(${whole}, strpos(${whole} || ' ', ' ') + 1)`,
      }),
      backward: ({ firstName, lastName }) => ({ name: sql`rtrim(${firstName} || ' ' || ${lastName})` }),
      soak: '0',
    }),
    after: {
      things: pgTable('things', { id: id(), ...parts() }, (table) => [
        unique('things_names').on(table.lastName, table.firstName),
      ]),
    },
    old: 'name',
    rows: [`'Ada Lovelace'`, `'Plato'`, `'Juana Inés de la Cruz'`],
    next: `concat_ws('/', "first name", last_name)`,
    becomes: ['Ada/Lovelace', 'Plato/', 'Juana/Inés de la Cruz'],
  }
}

function twoIntoOne(): TransformCase {
  const parts = () => ({ first: text().notNull().default(''), last: text() })
  const things = pgTable('things', { id: id(), ...parts(), full: text() }, (table) => [
    index('things_parts').on(table.last, table.first),
    index('things_full').on(table.full),
  ])
  return {
    name: 'two columns into one',
    before: {
      things: pgTable('things', { id: id(), ...parts() }, (table) => [
        index('things_parts').on(table.last, table.first),
      ]),
    },
    during: { things },
    change: changeColumns({
      id: 'join-name',
      table: things,
      from: ['first', 'last'],
      to: ['full'],
      forward: ({ first, last }) => ({ full: sql`concat(${first}, '/' || ${last})` }),
      backward: ({ full }) => ({
        first: sql`coalesce(split_part(${full}, '/', 1), '')`,
        last: sql`CASE WHEN strpos(${full}, '/') > 0 THEN substr(${full}, strpos(${full}, '/') + 1) END`,
      }),
      stableBecause: 'concat of texts gives the same in every session',
      mayRaise: false,
      soak: '0',
    }),
    after: {
      things: pgTable('things', { id: id(), full: text() }, (table) => [index('things_full').on(table.full)]),
    },
    old: 'first, last',
    rows: [`'Ada', 'Lovelace'`, `'', NULL`, `'a', ''`],
    next: '"full"',
    becomes: ['Ada/Lovelace', '', 'a/'],
  }
}

function integerToBigint(): TransformCase {
  const things = pgTable('things', {
    id: id(),
    small: integer().notNull().unique(),
    large: bigint({ mode: 'bigint' }).notNull().unique(),
  })
  return {
    name: 'integer to bigint',
    before: { things: pgTable('things', { id: id(), small: integer().notNull().unique() }) },
    during: { things },
    change: changeColumns({
      id: 'larger',
      table: things,
      from: ['small'],
      to: ['large'],
      forward: ({ small }) => ({ large: sql`${small}` }),
      backward: ({ large }) => ({ small: sql`${large}` }),
      soak: '0',
    }),
    after: { things: pgTable('things', { id: id(), large: bigint({ mode: 'bigint' }).notNull().unique() }) },
    old: 'small',
    rows: ['1', '2147483647', '-2147483648'],
    next: 'large::text',
    becomes: ['1', '2147483647', '-2147483648'],
  }
}

function timestampToTimestamptz(): TransformCase {
  const seen = () => timestamp().notNull()
  const seenAt = () => timestamp('seen_at', { withTimezone: true }).notNull()
  const things = pgTable('things', { id: id(), seen: seen(), seenAt: seenAt() })
  return {
    name: 'timestamp to timestamptz',
    before: { things: pgTable('things', { id: id(), seen: seen() }) },
    during: { things },
    change: changeColumns({
      id: 'with-zone',
      table: things,
      from: ['seen'],
      to: ['seenAt'],
      forward: ({ seen: local }) => ({ seenAt: sql`${local} AT TIME ZONE 'Europe/Berlin'` }),
      backward: ({ seenAt: moment }) => ({ seen: sql`${moment} AT TIME ZONE 'Europe/Berlin'` }),
      loses: 'which of the two hours it was, when the clocks go back',
      mayRaise: false,
      soak: '0',
    }),
    after: { things: pgTable('things', { id: id(), seenAt: seenAt() }) },
    old: 'seen',
    rows: [`'2026-01-01 12:00'`, `'2026-07-01 12:00'`, `'infinity'`],
    next: `(seen_at AT TIME ZONE 'UTC')::text`,
    becomes: ['2026-01-01 11:00:00', '2026-07-01 10:00:00', 'infinity'],
  }
}

function textToEnum(): TransformCase {
  const state = pgEnum('thing state', ['open', 'closed'])
  const status = () => text().notNull().default('open')
  const things = pgTable('things', {
    id: id(),
    status: status(),
    state: state().notNull().default('open'),
    other: boolean(),
  })
  return {
    name: 'text to an enum',
    before: { state, things: pgTable('things', { id: id(), status: status(), other: boolean() }) },
    during: { state, things },
    change: changeColumns({
      id: 'one-of-two',
      table: things,
      from: ['status'],
      to: ['state'],
      forward: ({ status: label }) => ({ state: sql`${label}::${sql.identifier('thing state')}` }),
      backward: ({ state: label }) => ({ status: sql`${label}::text` }),
      stableBecause: 'no label is renamed while the change is under way',
      soak: '0',
    }),
    after: {
      state,
      things: pgTable('things', { id: id(), state: state().notNull().default('open'), other: boolean() }),
    },
    old: 'status',
    rows: [`'open'`, `'closed'`, `'open'`],
    next: 'state::text',
    becomes: ['open', 'closed', 'open'],
  }
}

export const transformCases: readonly TransformCase[] = [
  numericToBigint(),
  textToInteger(),
  oneIntoTwo(),
  twoIntoOne(),
  integerToBigint(),
  timestampToTimestamptz(),
  textToEnum(),
]

/** SQL that adds the rows as an old release would, with ids from 1. */
export function insertRows({ old, rows }: TransformCase): string {
  return `INSERT INTO things (id, ${old}) VALUES ${rows.map((row, index) => `(${index + 1}, ${row})`).join(', ')}`
}

/** SQL that reads the new columns of all rows as text. */
export function readNext({ next }: TransformCase): string {
  return `SELECT coalesce(${next}, '-') AS value FROM things ORDER BY id`
}
