import { sql } from 'drizzle-orm'
import {
  check,
  type ExtraConfigColumn,
  index,
  integer,
  jsonb,
  type PgColumn,
  pgEnum,
  pgPolicy,
  pgSchema,
  pgTable,
  pgView,
  text,
  unique,
  uniqueIndex,
  varchar,
} from 'drizzle-orm/pg-core'
import type { Changes } from '../../../src/change/change.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import type { Casing } from '../../../src/drizzle/physical-table.ts'
import type { Schema } from './project.ts'

/** A rename from the release before it to the one after it. */
export interface Story {
  readonly name: string
  readonly casing?: Casing
  /** The schema that is in production already. */
  readonly before: Schema
  /** Pull request 1: both columns, and the declarations. */
  readonly during: Schema
  readonly changes: Changes
  /** Pull request 2: the new column alone. */
  readonly after: Schema
  /** SQL that adds a row to the first schema, and SQL that reads its value from the last. */
  readonly row: string
  readonly fill: string
  readonly read: string
  /** Whether Drizzle's own `migrate()`, one transaction for all, can run the folder. */
  readonly fitsOneTransaction: boolean
}

const id = () => integer().primaryKey()

const usersRow = {
  row: `INSERT INTO users (id, name) VALUES (1, 'Ada')`,
  fill: 'UPDATE users SET full_name = name',
  read: 'SELECT full_name AS value FROM users',
}

function plain(): Story {
  const before = pgTable('users', { id: id(), name: text() })
  const during = pgTable('users', { id: id(), name: text(), fullName: text('full_name') })
  return {
    name: 'a plain column',
    before: { users: before },
    during: { users: during },
    changes: [renameColumn({ id: 'user-full-name', table: during, from: 'name', to: 'fullName' })],
    after: { users: pgTable('users', { id: id(), fullName: text('full_name') }) },
    ...usersRow,
    fitsOneTransaction: true,
  }
}

function required(): Story {
  const name = () => varchar({ length: 40 }).notNull().default("O'Neil")
  const fullName = () => varchar('full_name', { length: 40 }).notNull().default("O'Neil")
  const during = pgTable('users', { id: id(), name: name(), fullName: fullName() })
  return {
    name: 'a column that is NOT NULL with a default',
    before: { users: pgTable('users', { id: id(), name: name() }) },
    during: { users: during },
    changes: [renameColumn({ id: 'user-full-name', table: during, from: 'name', to: 'fullName' })],
    after: { users: pgTable('users', { id: id(), fullName: fullName() }) },
    ...usersRow,
    fitsOneTransaction: true,
  }
}

function uniqueColumn(): Story {
  const during = pgTable('users', {
    id: id(),
    name: text().notNull().unique(),
    fullName: text('full_name').notNull().unique('users full name', { nulls: 'not distinct' }),
  })
  return {
    name: 'a unique column',
    before: { users: pgTable('users', { id: id(), name: text().notNull().unique() }) },
    during: { users: during },
    changes: [renameColumn({ id: 'user-full-name', table: during, from: 'name', to: 'fullName' })],
    after: {
      users: pgTable('users', {
        id: id(),
        fullName: text('full_name').notNull().unique('users full name', { nulls: 'not distinct' }),
      }),
    },
    ...usersRow,
    fitsOneTransaction: false,
  }
}

function indexedColumn(): Story {
  interface Columns {
    id: ExtraConfigColumn
    fullName: ExtraConfigColumn
  }
  const indexesOfName = (table: { name: ExtraConfigColumn }) => [
    index('users_name').on(table.name),
    unique().on(table.name),
  ]
  const indexesOfFullName = (table: Columns) => [
    index('users_full_name').on(table.fullName.desc(), table.id),
    uniqueIndex('users_lower_full_name').on(sql`lower(${table.fullName})`).where(sql`${table.id} > 0`),
    unique('users_both').on(table.id, table.fullName),
  ]
  const during = pgTable('users', { id: id(), name: text(), fullName: text('full_name') }, (table) => [
    ...indexesOfName(table),
    ...indexesOfFullName(table),
    index('users_two_names').on(table.name, table.fullName),
  ])
  return {
    name: 'a column with indexes of every kind',
    before: { users: pgTable('users', { id: id(), name: text() }, indexesOfName) },
    during: { users: during },
    changes: [renameColumn({ id: 'user-full-name', table: during, from: 'name', to: 'fullName' })],
    after: { users: pgTable('users', { id: id(), fullName: text('full_name') }, indexesOfFullName) },
    ...usersRow,
    fitsOneTransaction: false,
  }
}

function constrained(): Story {
  const teams = pgTable('teams', { code: text().primaryKey() })
  const members = 'members'
  const during = pgTable(
    members,
    {
      id: id(),
      team: text().references(() => teams.code),
      teamCode: text('team_code').references(() => teams.code, { onDelete: 'cascade' }),
    },
    (table) => [
      check('team_not_empty', sql`${table.team} <> ''`),
      check('code_not_empty', sql`team_code <> '' AND ${table.id} > 0`),
    ],
  )
  return {
    name: 'a column with foreign keys and checks',
    before: {
      teams,
      members: pgTable(members, { id: id(), team: text().references(() => teams.code) }, (table) => [
        check('team_not_empty', sql`${table.team} <> ''`),
      ]),
    },
    during: { teams, members: during },
    changes: [renameColumn({ id: 'member-team-code', table: during, from: 'team', to: 'teamCode' })],
    after: {
      teams,
      members: pgTable(
        members,
        { id: id(), teamCode: text('team_code').references(() => teams.code, { onDelete: 'cascade' }) },
        (table) => [check('code_not_empty', sql`team_code <> '' AND ${table.id} > 0`)],
      ),
    },
    row: `INSERT INTO teams VALUES ('a'); INSERT INTO members (id, team) VALUES (1, 'a')`,
    fill: 'UPDATE members SET team_code = team',
    read: 'SELECT team_code AS value FROM members',
    fitsOneTransaction: true,
  }
}

function enumInSchema(): Story {
  const shop = pgSchema('shop')
  const status = shop.enum('order status', ['open', 'closed'])
  const mood = pgEnum('mood', ['sad', 'happy'])
  const during = shop.table('orders', {
    id: id(),
    status: status().notNull().default('open'),
    state: status('order state').notNull().default('open'),
    moods: mood().array().notNull().default([]),
    tempers: mood().array().notNull().default([]),
    extra: jsonb().$type<{ a: number }>().default({ a: 1 }),
    details: jsonb().$type<{ a: number }>().default({ a: 1 }),
  })
  const changes = {
    orderState: renameColumn({ id: 'order-state', table: during, from: 'status', to: 'state' }),
    orderTempers: renameColumn({ id: 'order-tempers', table: during, from: 'moods', to: 'tempers' }),
    orderDetails: renameColumn({ id: 'order-details', table: during, from: 'extra', to: 'details' }),
  }
  return {
    name: 'enums, arrays and jsonb in a schema of their own, three changes at once',
    before: {
      shop,
      status,
      mood,
      orders: shop.table('orders', {
        id: id(),
        status: status().notNull().default('open'),
        moods: mood().array().notNull().default([]),
        extra: jsonb().$type<{ a: number }>().default({ a: 1 }),
      }),
    },
    during: { shop, status, mood, orders: during },
    changes,
    after: {
      shop,
      status,
      mood,
      orders: shop.table('orders', {
        id: id(),
        state: status('order state').notNull().default('open'),
        tempers: mood().array().notNull().default([]),
        details: jsonb().$type<{ a: number }>().default({ a: 1 }),
      }),
    },
    row: `INSERT INTO shop.orders (id, status) VALUES (1, 'closed')`,
    fill: 'UPDATE shop.orders SET "order state" = status, tempers = moods, details = extra',
    read: `SELECT "order state" || tempers::text || details::text AS value FROM shop.orders`,
    fitsOneTransaction: true,
  }
}

function snakeCase(): Story {
  const during = pgTable('people', { id: id(), firstName: text().notNull(), givenName: text().notNull().unique() })
  return {
    name: 'columns named by casing',
    casing: 'snake_case',
    before: { people: pgTable('people', { id: id(), firstName: text().notNull() }) },
    during: { people: during },
    changes: [renameColumn({ id: 'given-name', table: during, from: 'firstName', to: 'givenName' })],
    after: { people: pgTable('people', { id: id(), givenName: text().notNull().unique() }) },
    row: `INSERT INTO people (id, first_name) VALUES (1, 'Ada')`,
    fill: 'UPDATE people SET given_name = first_name',
    read: 'SELECT given_name AS value FROM people',
    fitsOneTransaction: false,
  }
}

function twoOfOneIndex(): Story {
  const during = pgTable(
    'users',
    { id: id(), first: text(), last: text(), firstName: text('first_name'), lastName: text('last_name') },
    (table) => [
      index('old_names').on(table.first, table.last),
      index('names').on(table.firstName, table.lastName),
      index('mixed_names').on(table.first, table.lastName),
      check('some_name', sql`${table.firstName} IS NOT NULL OR ${table.lastName} IS NOT NULL OR ${table.id} > 0`),
    ],
  )
  return {
    name: 'two changes on one table that share an index and a check',
    before: {
      users: pgTable('users', { id: id(), first: text(), last: text() }, (table) => [
        index('old_names').on(table.first, table.last),
      ]),
    },
    during: { users: during },
    changes: {
      first: renameColumn({ id: 'first-name', table: during, from: 'first', to: 'firstName' }),
      last: renameColumn({ id: 'last-name', table: during, from: 'last', to: 'lastName' }),
    },
    after: {
      users: pgTable('users', { id: id(), firstName: text('first_name'), lastName: text('last_name') }, (table) => [
        index('names').on(table.firstName, table.lastName),
        check('some_name', sql`${table.firstName} IS NOT NULL OR ${table.lastName} IS NOT NULL OR ${table.id} > 0`),
      ]),
    },
    row: `INSERT INTO users (id, first, last) VALUES (1, 'Ada', 'Lovelace')`,
    fill: 'UPDATE users SET first_name = first, last_name = last',
    read: `SELECT first_name || last_name AS value FROM users`,
    fitsOneTransaction: false,
  }
}

function readByPolicyAndView(): Story {
  const policyOf = (name: string, column: PgColumn) =>
    pgPolicy(name, { using: sql`${column} = current_user OR ${column} = 'Ada'` })
  const users = (table: { id: PgColumn; fullName: PgColumn }) => [policyOf('by_full_name', table.fullName)]
  const during = pgTable('users', { id: id(), name: text(), fullName: text('full_name') }, (table) => [
    policyOf('by_name', table.name),
    ...users(table),
  ])
  const after = pgTable('users', { id: id(), fullName: text('full_name') }, users)
  const names = pgView('names').as((query) => query.select({ name: during.fullName }).from(during))
  return {
    name: 'a column that a policy and a view read',
    before: {
      users: pgTable('users', { id: id(), name: text() }, (table) => [policyOf('by_name', table.name)]),
    },
    during: { users: during, names },
    changes: [renameColumn({ id: 'user-full-name', table: during, from: 'name', to: 'fullName' })],
    after: { users: after, names },
    ...usersRow,
    fitsOneTransaction: true,
  }
}

function oddNames(): Story {
  const odd = pgSchema('Odd "schema"')
  const kind = odd.enum('a "kind"', ['x', "y'"])
  const longest = `${'Ü'.repeat(31)}"`
  const table = 'My "table"'
  const name = () => kind('the "Name"').notNull().default("y'")
  const parent = odd.table('parent "table"', { id: integer('an "id"').primaryKey() })
  const during = odd.table(
    table,
    {
      id: integer('an "id"')
        .primaryKey()
        .references(() => parent.id),
      name: name(),
      full: kind(longest).notNull().default("y'"),
    },
    (columns) => [
      index('i "old"').on(columns.name),
      index('i "new"').on(columns.full),
      check('a "check"', sql`${columns.full} <> 'x'`),
    ],
  )
  const quoted = (column: string) => `"${column.replaceAll('"', '""')}"`
  const where = `"Odd ""schema"""."My ""table"""`
  return {
    name: 'names with quotes, spaces, upper case and 63 bytes',
    before: {
      odd,
      kind,
      parent,
      table: odd.table(
        table,
        {
          id: integer('an "id"')
            .primaryKey()
            .references(() => parent.id),
          name: name(),
        },
        (columns) => [index('i "old"').on(columns.name)],
      ),
    },
    during: { odd, kind, parent, table: during },
    changes: [renameColumn({ id: 'odd-name', table: during, from: 'name', to: 'full' })],
    after: {
      odd,
      kind,
      parent,
      table: odd.table(
        table,
        {
          id: integer('an "id"')
            .primaryKey()
            .references(() => parent.id),
          full: kind(longest).notNull().default("y'"),
        },
        (columns) => [index('i "new"').on(columns.full), check('a "check"', sql`${columns.full} <> 'x'`)],
      ),
    },
    row: `INSERT INTO "Odd ""schema"""."parent ""table""" VALUES (1); INSERT INTO ${where} ("an ""id""") VALUES (1)`,
    fill: `UPDATE ${where} SET ${quoted(longest)} = "the ""Name"""`,
    read: `SELECT 'Ada' || ${quoted(longest)} AS value FROM ${where}`,
    fitsOneTransaction: false,
  }
}

export const stories: readonly Story[] = [
  plain(),
  required(),
  uniqueColumn(),
  indexedColumn(),
  constrained(),
  enumInSchema(),
  snakeCase(),
  twoOfOneIndex(),
  readByPolicyAndView(),
  oddNames(),
]
