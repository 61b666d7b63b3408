import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { identifier } from '../../../src/sql/identifier.ts'
import {
  installSync,
  removeSync,
  retireStatements,
  type SyncSetting,
  switchMode,
  triggerState,
  unretireStatements,
} from '../../../src/sync/index.ts'
import { createTestDatabase } from '../../support/database.ts'
import { type ChangedTable, oddNames, ordinary, partitioned } from './changed-tables.ts'

const database = await createTestDatabase()
const client = new pg.Client({ connectionString: database.superuserBecause('it sets session_replication_role') })

beforeAll(() => client.connect())
afterAll(() => client.end())
beforeEach(async () => {
  await client.query('ROLLBACK')
  await client.query('BEGIN')
})

async function run(statements: readonly string[]): Promise<void> {
  for (const statement of statements) await client.query(statement)
}

async function expand({ create, change, sides }: ChangedTable): Promise<void> {
  await run([...create, ...installSync(change, sides, 'old')])
}

async function rows({ table, old, next }: Pick<ChangedTable, 'table' | 'old' | 'next'>) {
  const found = await client.query<{ old: string; next: string }>(
    `SELECT ${old} AS old, ${next} AS next FROM ${table} ORDER BY id`,
  )
  return found.rows.map((row) => `${row.old} ${row.next}`)
}

describe("a user's own BEFORE trigger", () => {
  const changesOld = (name: string) => [
    `CREATE FUNCTION upper_old() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN NEW.${ordinary.old} := upper(NEW.${ordinary.old}); RETURN NEW; END $$`,
    `CREATE TRIGGER ${identifier(name)} BEFORE INSERT OR UPDATE ON ${ordinary.table}
       FOR EACH ROW EXECUTE FUNCTION upper_old()`,
  ]

  test('changes a column that the statement does not name, and the other side follows', async () => {
    const { table, next } = ordinary
    await expand(ordinary)
    await run(changesOld('zz_upper'))
    await client.query(`INSERT INTO ${table} (id, ${ordinary.old}) VALUES (1, 'ada')`)
    expect(await rows(ordinary)).toEqual(['ADA ADA'])

    await client.query('ALTER TABLE people DISABLE TRIGGER zz_upper')
    await client.query(`UPDATE ${table} SET ${ordinary.old} = 'bob', ${next} = 'bob'`)
    await client.query('ALTER TABLE people ENABLE TRIGGER zz_upper')
    await client.query(`UPDATE ${table} SET note = 'this column alone is named'`)
    expect(await rows(ordinary)).toEqual(['BOB BOB'])
  })

  test('that fires after ours is named, since it could make the sides differ', async () => {
    await expand(ordinary)
    await run(changesOld('~f upper'))
    expect((await triggerState(client, ordinary.change, ordinary.sides))?.laterTriggers).toEqual(['~f upper'])
  })

  test('that fires before ours, or is no BEFORE ROW trigger for writes, is not', async () => {
    await expand(ordinary)
    await run(changesOld('zz_upper'))
    await run([
      `CREATE TRIGGER "~z after" AFTER UPDATE ON people FOR EACH ROW EXECUTE FUNCTION upper_old()`,
      `CREATE TRIGGER "~z statement" BEFORE UPDATE ON people EXECUTE FUNCTION upper_old()`,
      `CREATE TRIGGER "~z delete" BEFORE DELETE ON people FOR EACH ROW EXECUTE FUNCTION upper_old()`,
    ])
    expect((await triggerState(client, ordinary.change, ordinary.sides))?.laterTriggers).toEqual([])
  })
})

/** With copy-back on and off, and from each of the two to the other. */
const settings: readonly SyncSetting[] = [
  { mode: 'both', copyBack: true },
  { mode: 'new', copyBack: true },
  { mode: 'both', copyBack: false },
  { mode: 'forward', copyBack: false },
  { mode: 'fence', copyBack: false },
  { mode: 'old', copyBack: false },
  { mode: 'both', copyBack: true },
  { mode: 'old', copyBack: true },
]

describe('what is installed can be read', () => {
  test.each([
    ['an ordinary table', ordinary],
    ['a partitioned table', partitioned],
    ['odd names', oddNames],
  ])('of %s: mode, enabled always, nothing later', async (_, changed) => {
    await expand(changed)
    for (const setting of settings) {
      await switchMode(client, changed.change, changed.sides, setting)
      expect(await triggerState(client, changed.change, changed.sides)).toEqual({
        mode: setting.mode,
        enabledAlways: true,
        comparesNames: !setting.copyBack && setting.mode !== 'old',
        lenient: false,
        laterTriggers: [],
        version: expect.any(String),
      })
    }
  })

  test.each([
    ['enabled in the ordinary way', 'ALTER TABLE people ENABLE TRIGGER "~ec_person-name_u"'],
    ['disabled', 'ALTER TABLE people DISABLE TRIGGER "~ec_person-name_i"'],
    [
      'made anew for some columns only',
      `CREATE OR REPLACE TRIGGER "~ec_person-name_u" BEFORE UPDATE OF name ON people FOR EACH ROW
         EXECUTE FUNCTION expand_contract."sync_person-name"('old');
       ALTER TABLE people ENABLE ALWAYS TRIGGER "~ec_person-name_u"`,
    ],
  ])('a trigger that is %s does not count as enabled', async (_, statement) => {
    await expand(ordinary)
    await client.query(statement)
    expect((await triggerState(client, ordinary.change, ordinary.sides))?.enabledAlways).toBe(false)
  })

  test('a trigger that is disabled on one partition does not count as enabled', async () => {
    await expand(partitioned)
    await client.query('ALTER TABLE readings_higher DISABLE TRIGGER "~ec_reading-origin_u"')
    expect((await triggerState(client, partitioned.change, partitioned.sides))?.enabledAlways).toBe(false)
  })

  test('nothing, where one of the two triggers or the table is missing', async () => {
    expect(await triggerState(client, ordinary.change, ordinary.sides)).toBeUndefined()
    await expand(ordinary)
    await client.query('DROP TRIGGER "~ec_person-name_i" ON people')
    expect(await triggerState(client, ordinary.change, ordinary.sides)).toBeUndefined()
  })
})

test('session_replication_role = replica does not pass by, after a switch of the mode either', async () => {
  const { change, sides, table, old, next } = ordinary
  await expand(ordinary)
  await client.query('SET LOCAL session_replication_role = replica')
  await client.query(`INSERT INTO ${table} (id, ${old}) VALUES (1, 'a')`)
  expect(await rows(ordinary)).toEqual(['a a'])
  await switchMode(client, change, sides, { mode: 'both', copyBack: true })
  await client.query(`UPDATE ${table} SET ${next} = 'b'`)
  expect(await rows(ordinary)).toEqual(['b b'])
})

describe('a partitioned table', () => {
  const { change, sides, table, old, next } = partitioned

  test('gives its trigger, with its mode and enabled always, to a partition that is attached later', async () => {
    await expand(partitioned)
    await switchMode(client, change, sides, { mode: 'both', copyBack: true })
    await run([
      `CREATE TABLE readings_made PARTITION OF ${table} FOR VALUES FROM (1000) TO (2000)`,
      `CREATE TABLE readings_attached (${next} text, ${old} text, note text, id int NOT NULL)`,
      `ALTER TABLE ${table} ATTACH PARTITION readings_attached FOR VALUES FROM (2000) TO (3000)`,
      'SET LOCAL session_replication_role = replica',
      `INSERT INTO readings_made (id, ${old}) VALUES (1000, 'old')`,
      `INSERT INTO ${table} (id, ${next}) VALUES (2000, 'new')`,
    ])
    expect(await rows(partitioned)).toEqual(['old old', 'new new'])
    expect((await triggerState(client, change, sides))?.enabledAlways).toBe(true)
    await switchMode(client, change, sides, { mode: 'new', copyBack: true })
    await expect(client.query(`UPDATE readings_attached SET ${old} = 'x'`)).rejects.toMatchObject({ code: '55000' })
  })

  test('keeps a row in sync that an update moves to another partition', async () => {
    await expand(partitioned)
    await run([
      `INSERT INTO ${table} (id, ${old}) VALUES (1, 'a')`,
      `UPDATE ${table} SET id = 500, ${old} = 'b' WHERE id = 1`,
    ])
    expect(await rows(partitioned)).toEqual(['b b'])
  })

  test('lets its owner attach partitions, also where the function belongs to another role', async () => {
    await expand(partitioned)
    const owner = `${database.name}_attaching`
    await run([`CREATE ROLE ${identifier(owner)}`, `GRANT CREATE ON SCHEMA public TO ${identifier(owner)}`])
    await run([`ALTER TABLE ${table} OWNER TO ${identifier(owner)}`, ...installSync(change, sides, 'old')])
    await run([
      `SET LOCAL ROLE ${identifier(owner)}`,
      `CREATE TABLE readings_made PARTITION OF ${table} FOR VALUES FROM (1000) TO (2000)`,
    ])
    await client.query('ROLLBACK')
  })
})

test('nobody else may put the function, which runs as its owner, on a table of their own', async () => {
  await expand(ordinary)
  const stranger = `${database.name}_stranger`
  await run([
    `CREATE ROLE ${identifier(stranger)}`,
    `GRANT CREATE ON SCHEMA public TO ${identifier(stranger)}`,
    `GRANT USAGE ON SCHEMA expand_contract TO ${identifier(stranger)}`,
    `SET LOCAL ROLE ${identifier(stranger)}`,
    'CREATE TABLE bait (id int, name text, full_name text)',
  ])
  const statement = `CREATE TRIGGER bait BEFORE INSERT ON bait FOR EACH ROW EXECUTE FUNCTION expand_contract."sync_person-name"('old')`
  await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' })
})

describe('a refused write says in its error', () => {
  test.each([
    [
      'of new alone in mode old',
      'old',
      `UPDATE people SET full_name = 'canary'`,
      'full_name',
      'Column "full_name" of table "public"."people" may not be written on its own yet: column "name" holds the truth. Write "name", or both with the same value.',
    ],
    [
      'of old alone in mode new',
      'new',
      `UPDATE people SET name = 'canary'`,
      'name',
      'Column "name" of table "public"."people" has been replaced by column "full_name" and may no longer be written. Write "full_name" instead.',
    ],
  ] as const)('%s: the columns, what to write, and the change', async (_, mode, statement, column, message) => {
    await expand(ordinary)
    await client.query(`INSERT INTO people VALUES (1, 'a', 'a')`)
    await switchMode(client, ordinary.change, ordinary.sides, { mode, copyBack: true })
    const error: unknown = await client.query(statement).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: '55000', message, schema: 'public', table: 'people', column })
    expect((error as pg.DatabaseError).hint).toContain('"person-name"')
    expect(JSON.stringify(error)).not.toContain('canary')
  })
})

describe('once the old column is retired', () => {
  test.each([
    ['an ordinary table', ordinary],
    ['a partitioned table', partitioned],
    ['odd names', oddNames],
  ])('new is still copied into it, and the way back is open: %s', async (_, changed) => {
    const { change, sides, table, old, next } = changed
    await expand(changed)
    await client.query(`INSERT INTO ${table} (id, ${old}) VALUES (1, 'a')`)
    await switchMode(client, change, sides, { mode: 'new', copyBack: true })
    await run(retireStatements(change, sides))
    await client.query(`UPDATE ${table} SET ${next} = 'b'`)
    await client.query(`INSERT INTO ${table} (id, ${next}) VALUES (2, 'c')`)

    await run(unretireStatements(change, sides))
    await switchMode(client, change, sides, { mode: 'both', copyBack: true })
    expect(await rows(changed)).toEqual(['b b', 'c c'])
    await client.query(`UPDATE ${table} SET ${old} = 'd'`)
    expect(await rows(changed)).toEqual(['d d', 'd d'])
  })

  test('what is removed leaves nothing behind, and writes go on', async () => {
    const { change, sides, table, next } = partitioned
    await expand(partitioned)
    await run(installSync(change, sides, 'old', { oldDefaults: new Map([[sides.old[0]!.name, `'x'`]]) }))
    await switchMode(client, change, sides, { mode: 'new', copyBack: true })
    await run([...retireStatements(change, sides), ...removeSync(change, sides)])
    await client.query(`INSERT INTO ${table} (id, ${next}) VALUES (1, 'a')`)
    const { rows: left } = await client.query(
      `SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal
       UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'expand_contract'::regnamespace`,
    )
    expect(left).toEqual([])
  })
})
