import { sql } from 'drizzle-orm'
import { integer, jsonb, pgTable, pgView, primaryKey, serial, text, timestamp, varchar } from 'drizzle-orm/pg-core'
import { describe, expect, it } from 'vitest'
import { isChange } from '../../../src/change/change.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { ExpandContractError } from '../../../src/errors/index.ts'

const users = pgTable('users', {
  id: serial().primaryKey(),
  name: text().notNull(),
  fullName: text('full_name'),
  short: varchar({ length: 20 }),
  long: varchar({ length: 40 }),
  age: integer(),
  joined: timestamp(),
  joinedText: timestamp({ mode: 'string' }),
  meta: jsonb(),
  lower: text().generatedAlwaysAs(sql`lower(name)`),
  number: integer().generatedAlwaysAsIdentity(),
  counter: serial(),
})
const keyless = pgTable('keyless', { name: text(), fullName: text() })
const memberships = pgTable('memberships', { team: text(), user: text(), member: text() }, (table) => [
  primaryKey({ columns: [table.team, table.user] }),
])

function refusal(declare: () => unknown): { code: string; message: string; fix: string } {
  try {
    declare()
  } catch (error) {
    if (error instanceof ExpandContractError) return { code: error.code, message: error.message, fix: error.fix }
    throw error
  }
  throw new Error('the declaration was accepted')
}

/** As a JavaScript user may call it, past the compiler. */
const declare = renameColumn as unknown as (declaration: object) => unknown

describe('renameColumn', () => {
  it('makes a change with the defaults that its options document', () => {
    const change = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })
    expect(isChange(change)).toBe(true)
    expect(change).toMatchObject({
      id: 'user-full-name',
      kind: 'rename-column',
      from: ['name'],
      to: ['fullName'],
      flag: 'user-full-name',
      stickiness: 'userId',
      copyBack: true,
      soakMs: 7 * 24 * 60 * 60 * 1000,
    })
    expect(Object.isFrozen(change)).toBe(true)
  })

  it('takes its options', () => {
    const options = { flag: 'names', stickiness: 'tenantId', soak: '90 minutes' }
    const change = renameColumn({ id: 'x', table: users, from: 'name', to: 'fullName', ...options })
    expect(change).toMatchObject({ flag: 'names', stickiness: 'tenantId', soakMs: 5_400_000 })
  })

  it.each<[string, object, { code: string; message: string; fix: string }]>([
    [
      'an id that cannot be one',
      { id: 'User Name', table: users, from: 'name', to: 'fullName' },
      {
        code: 'EC_CHANGE_ID',
        message:
          '"User Name" cannot be the id of a change: an id has 1 to 40 characters, a–z, 0–9 and "-", and starts with a letter.',
        fix: 'Choose an id such as "user-full-name". It names the change in the database, on the command line and in the flag service.',
      },
    ],
    [
      'a view in place of a table',
      { id: 'x', table: pgView('v').as((query) => query.select().from(users)), from: 'name', to: 'fullName' },
      {
        code: 'EC_OPTION_INVALID',
        message:
          'table of change "x": it is no Drizzle table of PostgreSQL. Views and queries have no columns of their own that could be changed.',
        fix: '`npx expand-contract <command> --help` tells the options; docs/commands.md and docs/configuration.md explain them.',
      },
    ],
    [
      'an old key that the table does not have',
      { id: 'x', table: memberships, from: 'nme', to: 'member' },
      {
        code: 'EC_UNKNOWN_KEY',
        message: 'Change "x" names "nme", which is no key of table "memberships".',
        fix: 'Use a key of the Drizzle table (the TypeScript name, not the column name): "team", "user", "member".',
      },
    ],
    [
      'a physical name in place of a key',
      { id: 'x', table: users, from: 'name', to: 'full_name' },
      {
        code: 'EC_UNKNOWN_KEY',
        message: 'Change "x" names "full_name", which is no key of table "users".',
        fix: 'Use a key of the Drizzle table (the TypeScript name, not the column name): "id", "name", "fullName", "short", "long", "age", "joined", "joinedText", "meta", "lower", "number", "counter".',
      },
    ],
    [
      'the same key twice',
      { id: 'x', table: users, from: 'name', to: 'name' },
      {
        code: 'EC_SAME_KEY',
        message: 'Change "x" names "name" on both sides, so there is nothing to change.',
        fix: 'Add the new column to the table in your schema, beside the old one, and name that key in "to".',
      },
    ],
    [
      'columns of two types',
      { id: 'x', table: users, from: 'name', to: 'age' },
      {
        code: 'EC_TYPE_MISMATCH',
        message:
          'Change "x" renames "name" (text, read as Text) to "age" (integer, read as Integer). A rename copies values as they are, and these two types hold different values.',
        fix: 'Declare "age" with the type of "name". Changing a type needs a transform: declare it with changeColumns.',
      },
    ],
    [
      'a table without a primary key',
      { id: 'x', table: keyless, from: 'name', to: 'fullName' },
      {
        code: 'EC_NO_PRIMARY_KEY',
        message:
          'Table "keyless" of change "x" has no primary key, so its rows cannot be filled in pages or named in a report.',
        fix: 'Add a primary key to the table (also in the Drizzle schema), or declare the one that the database has.',
      },
    ],
    [
      'a part of the primary key',
      { id: 'x', table: memberships, from: 'user', to: 'member' },
      {
        code: 'EC_COLUMN_NOT_CHANGEABLE',
        message:
          'Change "x" cannot change "user" of table "memberships": it is part of the primary key, by which rows are found while they are filled.',
        fix: 'Change a column that is written by your application and is not part of the primary key.',
      },
    ],
  ])('refuses %s in plain words', (_name, declaration, expected) => {
    expect(refusal(() => declare(declaration))).toEqual(expected)
  })

  it.each([
    ['lengths that differ', 'short', 'long', 'EC_TYPE_MISMATCH'],
    ['one SQL type under two types of TypeScript', 'joined', 'joinedText', 'EC_TYPE_MISMATCH'],
    ['a generated column', 'lower', 'name', 'EC_COLUMN_NOT_CHANGEABLE'],
    ['an identity column', 'number', 'age', 'EC_COLUMN_NOT_CHANGEABLE'],
    ['a serial column, whose default is the database’s', 'counter', 'age', 'EC_COLUMN_NOT_CHANGEABLE'],
  ])('refuses %s', (_name, from, to, code) => {
    expect(refusal(() => declare({ id: 'x', table: users, from, to })).code).toBe(code)
  })

  it('refuses a soak that is no duration', () => {
    expect(
      refusal(() => declare({ id: 'x', table: users, from: 'name', to: 'fullName', soak: 'a while' })),
    ).toMatchObject({
      code: 'EC_OPTION_INVALID',
      message:
        "soak of change \"x\": \"a while\" is no duration. Write a number with a unit, such as '7 days', '12 hours' or '90 seconds'.",
    })
  })
})
