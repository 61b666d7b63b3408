import { describe, expect, it } from 'vitest'
import { statementsOf } from '../../../src/migrate/statement.ts'
import { concurrentIndex, lockOf, mustRunOutside, withoutConcurrently } from '../../../src/migrate/statement-kinds.ts'
import { groupsOf, unitsOf } from '../../../src/migrate/units.ts'

const textsOf = (sql: string) => statementsOf(sql).map(({ text }) => text)
const only = (sql: string) => statementsOf(sql)[0]!

describe('SQL text taken apart into statements', () => {
  it.each([
    ['a semicolon ends a statement', 'SELECT 1; SELECT 2;', ['SELECT 1', 'SELECT 2']],
    ['a string may hold one', `SELECT 'a;b''c;'; SELECT 2`, [`SELECT 'a;b''c;'`, 'SELECT 2']],
    [
      'an escape string may hold a quote',
      String.raw`SELECT E'it\'s; ok'; SELECT 2`,
      [String.raw`SELECT E'it\'s; ok'`, 'SELECT 2'],
    ],
    ['a backslash ends nothing elsewhere', String.raw`SELECT 'a\'; SELECT 2`, [String.raw`SELECT 'a\'`, 'SELECT 2']],
    ['a quoted name may hold one', 'SELECT 1 AS "a;""b"; SELECT 2', ['SELECT 1 AS "a;""b"', 'SELECT 2']],
    ['a line comment may hold one', 'SELECT 1 -- a; b\n; SELECT 2', ['SELECT 1', 'SELECT 2']],
    [
      'a block comment may hold one, and another comment',
      'SELECT 1 /* a; /* b; */ c; */; SELECT 2',
      ['SELECT 1', 'SELECT 2'],
    ],
    [
      'a dollar-quoted body may hold many',
      'DO $a$ BEGIN PERFORM 1; $b$;$b$ END $a$; SELECT 2',
      ['DO $a$ BEGIN PERFORM 1; $b$;$b$ END $a$', 'SELECT 2'],
    ],
    [
      'parameters are no dollar quotes',
      'PREPARE p AS SELECT $1, $2; SELECT 2',
      ['PREPARE p AS SELECT $1, $2', 'SELECT 2'],
    ],
    [
      'a function body in standard SQL may hold many',
      'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3',
      ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END', 'SELECT 3'],
    ],
    ['comments alone are none', '-- nothing\n/* at all */', []],
  ])('%s', (_, sql, expected) => expect(textsOf(sql)).toEqual(expected))
})

describe('statements that PostgreSQL refuses inside a transaction', () => {
  it.each([
    'CREATE INDEX CONCURRENTLY "i" ON "users" ("name")',
    'create unique index concurrently if not exists i on users (name)',
    'DROP INDEX CONCURRENTLY IF EXISTS "i"',
    'REINDEX TABLE CONCURRENTLY users',
    'ALTER TABLE logs DETACH PARTITION logs_1 CONCURRENTLY',
    'VACUUM ANALYZE users',
  ])('%s', (sql) => expect(mustRunOutside(only(sql))).toBe(true))

  it.each([
    'CREATE INDEX "concurrently" ON "users" ("name")',
    `COMMENT ON TABLE users IS 'CREATE INDEX CONCURRENTLY'`,
    'ALTER TABLE users ADD COLUMN concurrently int, DROP COLUMN x',
    'REFRESH MATERIALIZED VIEW CONCURRENTLY v',
  ])('not %s', (sql) => expect(mustRunOutside(only(sql))).toBe(false))

  it('lose the word for a table that nobody uses', () => {
    expect(withoutConcurrently(only('CREATE UNIQUE INDEX CONCURRENTLY "i" ON "t" ("concurrently")'))).toBe(
      'CREATE UNIQUE INDEX "i" ON "t" ("concurrently")',
    )
  })
})

describe('an index built or dropped concurrently', () => {
  it.each([
    [
      'CREATE INDEX CONCURRENTLY "i" ON "app"."users" USING btree ("name")',
      { action: 'create', index: { schema: 'app', name: 'i' }, table: { schema: 'app', name: 'users' } },
    ],
    [
      'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY users (name)',
      { action: 'create', index: { schema: undefined, name: 'i' }, table: { schema: undefined, name: 'users' } },
    ],
    [
      'CREATE INDEX CONCURRENTLY ON users (name)',
      { action: 'create', index: undefined, table: { schema: undefined, name: 'users' } },
    ],
    [
      'DROP INDEX CONCURRENTLY IF EXISTS "app"."I"',
      { action: 'drop', index: { schema: 'app', name: 'I' }, table: undefined },
    ],
  ])('%s', (sql, expected) => expect(concurrentIndex(only(sql))).toEqual(expected))
})

describe('the table lock of a statement', () => {
  const users = { schema: undefined, name: 'users' }
  it.each([
    ['ALTER TABLE "users" ADD COLUMN "age" integer', 'ACCESS EXCLUSIVE'],
    ['ALTER TABLE IF EXISTS ONLY users VALIDATE CONSTRAINT c', 'SHARE UPDATE EXCLUSIVE'],
    ['CREATE INDEX "i" ON "users" USING btree ("name")', 'SHARE ROW EXCLUSIVE'],
    ['CREATE OR REPLACE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()', 'SHARE ROW EXCLUSIVE'],
    ['DROP TRIGGER IF EXISTS t ON users', 'ACCESS EXCLUSIVE'],
    ['CREATE POLICY "p" ON "users" AS PERMISSIVE FOR ALL', 'ACCESS EXCLUSIVE'],
    ['DROP TABLE IF EXISTS users CASCADE', 'ACCESS EXCLUSIVE'],
    ['TRUNCATE users', 'ACCESS EXCLUSIVE'],
  ])('%s: %s', (sql, mode) => expect(lockOf(only(sql))).toEqual({ table: users, mode }))

  it.each(['CREATE TABLE "users" ("id" integer)', 'UPDATE users SET age = 1', "CREATE TYPE t AS ENUM ('a')"])(
    'none: %s',
    (sql) => expect(lockOf(only(sql))).toBeUndefined(),
  )
})

describe('the units of a migration', () => {
  const unitTexts = (...statements: string[]) => unitsOf({ statements }).map(({ text, isOutside }) => [text, isOutside])

  it('are what stands between two breakpoints, as it was written', () => {
    expect(unitTexts('-- why\nSELECT 1;\nSELECT 2;', '-- nothing')).toEqual([['-- why\nSELECT 1;\nSELECT 2;', false]])
  })

  it('are single statements where one of them must stand alone', () => {
    expect(unitTexts('SELECT 1; -- why\nVACUUM users; SELECT 2;')).toEqual([
      ['SELECT 1', false],
      ['VACUUM users', true],
      ['SELECT 2', false],
    ])
  })

  it('commit together up to one that must stand alone, or each by itself', () => {
    const units = unitsOf({ statements: ['SELECT 1', 'SELECT 2', 'VACUUM', 'VACUUM', 'SELECT 3'] })
    expect(groupsOf(units, 'together').map((group) => group.length)).toEqual([2, 1, 1, 1])
    expect(groupsOf(units, 'each').map((group) => group.length)).toEqual([1, 1, 1, 1, 1])
  })

  it('of an empty file are none, and yet one transaction marks its end', () => {
    expect(groupsOf([], 'each')).toEqual([[]])
  })
})
