import { sql } from 'drizzle-orm'
import { customType, integer, pgTable, text } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import {
  createTransformFunctions,
  defaultsMovedBy,
  installSync,
  retireStatements,
  type SyncSetting,
  switchMode,
  unretireStatements,
} from '../../../src/sync/index.ts'
import { copyFrom } from '../../support/copy-from.ts'
import { createTestDatabase } from '../../support/database.ts'
import { changedTable } from './changed-tables.ts'

const database = await createTestDatabase()
const client = new pg.Client({ connectionString: database.superuserBecause('it creates roles and acts as those') })

beforeAll(async () => {
  await client.connect()
  await client.query('CREATE SCHEMA app')
  await client.query('CREATE SEQUENCE app.codes')
  await client.query(
    `CREATE FUNCTION app.next_code() RETURNS text LANGUAGE sql AS $$ SELECT 'code ' || nextval('app.codes') $$`,
  )
})
afterAll(() => client.end())

/** A column NOT NULL with a default, expanded as a migration does it: the default leaves the column. */
async function expand(name: string, oldDefault: string, type = 'text') {
  const typed = customType<{ data: string }>({ dataType: () => type })
  const drizzleTable = pgTable(name, { id: integer().primaryKey(), old: typed('state'), next: typed('status') })
  const changed = changedTable(
    renameColumn({ id: `${name.replaceAll('_', '-')}-status`, table: drizzleTable, from: 'old', to: 'next' }),
    ({ table, old }) => [`CREATE TABLE ${table} (id int PRIMARY KEY, ${old} ${type} NOT NULL DEFAULT ${oldDefault})`],
  )
  const { change, sides, create, table, old, next } = changed
  for (const statement of create) await client.query(statement)
  await client.query('BEGIN')
  for (const statement of [
    `ALTER TABLE ${table} ADD COLUMN ${next} ${type}`,
    ...installSync(change, sides, 'old', { oldDefaults: new Map([[sides.old[0]!.name, oldDefault]]) }),
    `ALTER TABLE ${table} ALTER COLUMN ${old} DROP DEFAULT`,
  ]) {
    await client.query(statement)
  }
  await client.query('COMMIT')
  const both = async (id: number) => {
    const { rows } = await client.query<Record<string, string>>(`SELECT * FROM ${table} WHERE id = ${id}`)
    return Object.values(rows[0]!).slice(1)
  }
  return { ...changed, both }
}

describe('an old release that omits a column with a default', () => {
  test.each<SyncSetting>([
    { mode: 'old', copyBack: true },
    { mode: 'both', copyBack: true },
    { mode: 'new', copyBack: true },
    { mode: 'forward', copyBack: false },
    { mode: 'fence', copyBack: false },
  ])('gets it on both sides in mode $mode', async (setting) => {
    const { mode, copyBack } = setting
    const { change, sides, table, old, next, both } = await expand(`notes_${mode}`, `'draft'`)
    if (!copyBack) await client.query(`ALTER TABLE ${table} ALTER COLUMN ${old} DROP NOT NULL`) // as the handover does
    await switchMode(client, change, sides, setting)

    await client.query(`INSERT INTO ${table} (id) VALUES (1)`)
    expect(await both(1)).toEqual(['draft', 'draft'])
    await client.query(`INSERT INTO ${table} VALUES (2, DEFAULT, DEFAULT)`)
    expect(await both(2)).toEqual(['draft', 'draft'])
    await copyFrom(client, `COPY ${table} (id) FROM STDIN`, ['3'])
    expect(await both(3)).toEqual(['draft', 'draft'])
    await client.query(`INSERT INTO ${table} (id) VALUES (3) ON CONFLICT (id) DO UPDATE SET id = 4`)
    expect(await both(4)).toEqual(['draft', 'draft'])

    const given = mode === 'old' ? old : next
    await client.query(`INSERT INTO ${table} (id, ${given}) VALUES (5, 'sent')`)
    // Where old is given up, nothing is made up for it: what it would hold is not what new holds.
    expect(await both(5)).toEqual([copyBack ? 'sent' : null, 'sent'])
  })

  test('still gets it once the old column is retired, and when it is back', async () => {
    const { change, sides, table, both } = await expand('letters', `'draft'`)
    await switchMode(client, change, sides, { mode: 'new', copyBack: true })
    for (const statement of retireStatements(change, sides)) await client.query(statement)
    await client.query(`INSERT INTO ${table} (id) VALUES (1)`)
    expect(await both(1)).toEqual(['draft', 'draft'])

    for (const statement of unretireStatements(change, sides)) await client.query(statement)
    await switchMode(client, change, sides, { mode: 'both', copyBack: true })
    await client.query(`INSERT INTO ${table} (id) VALUES (2)`)
    expect(await both(2)).toEqual(['draft', 'draft'])
  })
})

describe('the default means what it meant on the column:', () => {
  test('a volatile expression is evaluated once', async () => {
    const { table, both } = await expand('uuids', 'gen_random_uuid()', 'uuid')
    await client.query(`INSERT INTO ${table} (id) VALUES (1)`)
    const [old, next] = await both(1)
    expect(old).toMatch(/^[0-9a-f-]{36}$/)
    expect(next).toBe(old)
  })

  test('names are those of the migration, wherever the writer looks for names', async () => {
    await client.query('SET search_path = app, public')
    const { table, both } = await expand('coded', 'next_code()').finally(() => client.query('RESET search_path'))
    await client.query('BEGIN')
    await client.query(`SET LOCAL search_path = ''`)
    await client.query(`INSERT INTO ${table} (id) VALUES (1), (2)`)
    await client.query('COMMIT')
    expect(await both(1)).toEqual(['code 1', 'code 1'])
    expect(await both(2)).toEqual(['code 2', 'code 2']) // evaluated once a row
  })

  test('the user is the one who writes, not the owner of the trigger', async () => {
    const { table, both } = await expand('signed', 'CURRENT_USER')
    await client.query('BEGIN')
    await client.query('GRANT INSERT ON signed TO pg_monitor')
    await client.query('SET LOCAL ROLE pg_monitor')
    await client.query(`INSERT INTO ${table} (id) VALUES (1)`)
    await client.query('RESET ROLE')
    await client.query('COMMIT')
    expect(await both(1)).toEqual(['pg_monitor', 'pg_monitor'])
  })

  test('text becomes the type of the column', async () => {
    await client.query(`CREATE TYPE mood AS ENUM ('calm', 'tense')`)
    const { table, both } = await expand('moods', `'calm'`, 'mood')
    await client.query(`INSERT INTO ${table} (id) VALUES (1)`)
    expect(await both(1)).toEqual(['calm', 'calm'])
  })
})

describe('defaults of a change with a transform:', () => {
  const people = pgTable('people', {
    id: integer().primaryKey(),
    first: text(),
    last: text(),
    age: integer(),
    name: text(),
    years: text(),
  })
  const joined = changedTable(
    changeColumns({
      id: 'people-names',
      table: people,
      from: ['first', 'last', 'age'],
      to: ['name', 'years'],
      forward: ({ first, last, age }) => ({
        name: sql`${first} || coalesce(' ' || ${last}, '')`,
        years: sql`(120 / ${age})::text`,
      }),
      backward: ({ name, years }) => ({
        first: sql`split_part(${name}, ' ', 1)`,
        last: sql`nullif(split_part(${name}, ' ', 2), '')`,
        age: sql`120 / ${years}::integer`,
      }),
    }),
    ({ table }) => [
      `CREATE TABLE ${table} (id int PRIMARY KEY, first text, last text, age int, name text, years text)`,
    ],
  )
  const { change, sides } = joined
  const defaults = new Map([
    ['first', `'Ada; END IF;'`],
    ['age', '40'],
  ])
  const install = [
    'CREATE SCHEMA IF NOT EXISTS expand_contract',
    ...createTransformFunctions(change.id, sides),
    ...installSync(change, sides, 'old', { oldDefaults: defaults }),
  ]

  beforeAll(async () => {
    for (const statement of [...joined.create, ...install]) await client.query(statement)
  })

  const row = async (id: number) => (await client.query(`SELECT * FROM people WHERE id = ${id}`)).rows[0]

  test.each<SyncSetting>([
    { mode: 'old', copyBack: true, lenient: true },
    { mode: 'both', copyBack: true },
    { mode: 'new', copyBack: true },
  ])('each old column gets its own and new what they become, in mode $mode', async (setting) => {
    await switchMode(client, change, sides, setting)
    await client.query('TRUNCATE people; INSERT INTO people (id) VALUES (1)')
    expect(await row(1)).toEqual({
      id: 1,
      first: 'Ada; END IF;',
      last: null,
      age: 40,
      name: 'Ada; END IF;',
      years: '3',
    })
  })

  test('an INSERT that gives some of old is a write of old, with the defaults of the others', async () => {
    await switchMode(client, change, sides, { mode: 'both', copyBack: true })
    await client.query(`INSERT INTO people (id, last, age) VALUES (2, 'Lovelace', 30)`)
    expect(await row(2)).toMatchObject({ first: 'Ada; END IF;', name: 'Ada; END IF; Lovelace', years: '4' })
    await switchMode(client, change, sides, { mode: 'new', copyBack: true })
    await expect(client.query(`INSERT INTO people (id, last) VALUES (3, 'Lovelace')`)).rejects.toMatchObject({
      code: '55000',
      message: expect.stringContaining(
        'Columns "first", "last", "age" of table "public"."people" have been replaced by columns "name", "years"',
      ),
    })
  })

  test('one that the transform rejects is treated as a value of old', async () => {
    const rejecting = new Map([...defaults, ['age', '0']])
    const statements = installSync(change, sides, 'old', { oldDefaults: rejecting })
    for (const statement of statements) await client.query(statement)
    await client.query('INSERT INTO people (id) VALUES (4)')
    expect(await row(4)).toMatchObject({ age: 0, name: null, years: null })
    await switchMode(client, change, sides, { mode: 'old', copyBack: true })
    await expect(client.query('INSERT INTO people (id) VALUES (5)')).rejects.toMatchObject({ code: '22012' })
  })

  test('are found in the migration that moved them', () => {
    expect(defaultsMovedBy(change.id, sides, install.join(';\n'))).toEqual(defaults)
    expect(defaultsMovedBy(change.id, sides, 'SELECT 1')).toEqual(new Map())
  })
})
