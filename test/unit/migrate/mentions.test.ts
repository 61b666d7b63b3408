import { describe, expect, it } from 'vitest'
import { mentionOf } from '../../../src/migrate/mentions.ts'
import { statementsOf } from '../../../src/migrate/statement.ts'

const guarded = {
  table: { schema: 'public', name: 'users' },
  columns: ['name', 'full_name', '~ec_retired_name'],
  objects: ['~ec_user-full-name_i', 'sync_user-full-name'],
}
const mention = (sql: string) =>
  statementsOf(sql)
    .map((statement) => mentionOf(statement, guarded))
    .find((found) => found !== undefined)

describe('a migration gets in the way of a waiting step', () => {
  it.each([
    ['ALTER TABLE "users" ALTER COLUMN "full_name" SET DEFAULT \'x\';', '"full_name" of table "users"'],
    ['ALTER TABLE "public"."users" DROP COLUMN "name"', '"name" of table "users"'],
    ['ALTER TABLE users RENAME COLUMN age TO full_name', '"full_name" of table "users"'],
    ['CREATE INDEX "i" ON "users" USING btree ("name")', '"name" of table "users"'],
    ['CREATE UNIQUE INDEX CONCURRENTLY i ON users (lower(full_name))', '"full_name" of table "users"'],
    [
      'ALTER TABLE "posts" ADD CONSTRAINT "fk" FOREIGN KEY ("author") REFERENCES "public"."users"("name")',
      '"name" of table "users"',
    ],
    ['CREATE TABLE "tags" ("id" integer, "user" text REFERENCES "users"("full_name"))', '"full_name" of table "users"'],
    ['CREATE VIEW "v" AS (select "users"."full_name" from "users")', '"full_name" of table "users"'],
    ['UPDATE users SET name = upper(name)', '"name" of table "users"'],
    ['UPDATE posts SET name = u.name FROM users AS u', '"name" of table "users"'],
    ['INSERT INTO "users" ("name") VALUES (\'a\')', '"name" of table "users"'],
    ['CREATE POLICY "p" ON "users" USING ("name" = current_user)', '"name" of table "users"'],
    ["COMMENT ON COLUMN users.name IS 'x'", '"name" of table "users"'],
    ['ALTER TABLE "users" RENAME TO "people"', 'table "users"'],
    ['ALTER TABLE users SET SCHEMA archive', 'table "users"'],
    ['DROP TABLE IF EXISTS posts, users', 'table "users"'],
    ['DROP SCHEMA public CASCADE', 'table "users"'],
    ['DROP TRIGGER "~ec_user-full-name_i" ON "users"', '"~ec_user-full-name_i"'],
    ['DROP FUNCTION "expand_contract"."sync_user-full-name"()', '"sync_user-full-name"'],
    ['SELECT 1; ALTER TABLE "users" DROP COLUMN "name"', '"name" of table "users"'],
  ])('%s', (sql, expected) => expect(mention(sql)).toBe(expected))
})

describe('a migration passes a waiting step', () => {
  it.each([
    ['another column of the table', 'ALTER TABLE "users" ADD COLUMN "age" integer'],
    ['a column of the same name in another table', 'ALTER TABLE "posts" DROP COLUMN "name"'],
    ['an index on such a column', 'CREATE INDEX "i" ON "posts" USING btree ("name")'],
    [
      'a new table with such a column that refers to the table',
      'CREATE TABLE "tags" ("name" text, "user_id" integer REFERENCES "users"("id"))',
    ],
    [
      'a foreign key from such a column to another one',
      'ALTER TABLE "posts" ADD CONSTRAINT "fk" FOREIGN KEY ("name") REFERENCES "public"."users"("id") ON DELETE no action',
    ],
    ['a table of the same name in another schema', 'ALTER TABLE "archive"."users" DROP COLUMN "name"'],
    [
      'a view that reads such a column of another table',
      'CREATE VIEW "v" AS (select "posts"."name", "users"."id" from "posts" join "users" on true)',
    ],
    ['a check of another table', 'ALTER TABLE "posts" ADD CONSTRAINT "c" CHECK ("posts"."name" <> \'\')'],
    ['a word of DDL', 'ALTER TABLE "users" ALTER COLUMN "age" SET DATA TYPE bigint'],
    ['a comment', '-- ALTER TABLE "users" DROP COLUMN "name"\nALTER TABLE "users" DROP COLUMN "age"'],
    ['a string', `UPDATE users SET age = 1 WHERE city = 'name'`],
    [
      'the body of a function',
      'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 FROM users WHERE name = $1 $$',
    ],
    ['another table renamed', 'ALTER TABLE "posts" RENAME TO "articles"'],
    ['an alias of another table', 'UPDATE users SET age = p.name::int FROM posts AS p'],
  ])('%s: %s', (_, sql) => expect(mention(sql)).toBeUndefined())

  it('with a column that is called like a word of DDL', () => {
    const statement = statementsOf('ALTER TABLE "users" ALTER COLUMN "age" SET DATA TYPE date')[0]!
    expect(mentionOf(statement, { ...guarded, columns: ['type', 'date'] })).toBeUndefined()
    const dropped = statementsOf('ALTER TABLE users DROP COLUMN type')[0]!
    expect(mentionOf(dropped, { ...guarded, columns: ['type', 'date'] })).toBe('"type" of table "users"')
  })
})
