import { sql } from 'drizzle-orm'
import { date, integer, numeric, pgTable, text, varchar } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AnyChange } from '../../../src/change/change.ts'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { installControlTables } from '../../../src/control/install.ts'
import { openSession } from '../../../src/control/session.ts'
import {
  createTransformFunctions,
  installSync,
  removeSync,
  retireStatements,
  type SyncSetting,
  switchMode,
  transformFunctionNames,
  unretireStatements,
} from '../../../src/sync/index.ts'
import { copyFrom } from '../../support/copy-from.ts'
import { createTestDatabase } from '../../support/database.ts'
import { type ChangedTable, changedTable, inCents, parsed } from './changed-tables.ts'

const database = await createTestDatabase()
const { pool } = database
const client = new pg.Client({ connectionString: database.url })

const lenient: SyncSetting = { mode: 'old', copyBack: true, lenient: true }
const strict: SyncSetting = { mode: 'old', copyBack: true }

beforeAll(async () => {
  const session = await openSession(database.url)
  await installControlTables(session)
  await session.close()
  await client.connect()
  await install(parsed)
})
afterAll(() => client.end())
beforeEach(() => client.query('TRUNCATE orders, expand_contract.quarantine'))

/** As the expand step does it. */
async function install({ change, sides, create }: ChangedTable, oldDefaults = new Map<string, string>()) {
  const functions = createTransformFunctions(change.id, sides)
  for (const statement of [...create, ...functions, ...installSync(change, sides, 'old', { oldDefaults })]) {
    await client.query(statement)
  }
}

const switchTo = (setting: SyncSetting, { change, sides } = parsed) => switchMode(client, change, sides, setting)

async function rowsOf<Row extends pg.QueryResultRow>(query: string): Promise<Row[]> {
  return (await client.query<Row>(query)).rows
}

const orders = () => rowsOf('SELECT id, quantity, amount FROM orders ORDER BY id')
const quarantined = () => rowsOf('SELECT change_id, key, reason FROM expand_contract.quarantine ORDER BY number')

async function errorOf(query: string): Promise<pg.DatabaseError> {
  const error = await client.query(query).catch((caught: unknown) => caught)
  if (!(error instanceof pg.DatabaseError)) throw new Error('nothing was raised')
  return error
}

describe('while the trigger is lenient, an old release may write what the transform rejects:', () => {
  beforeAll(() => switchTo(lenient))

  const entry = (id: number) => ({ change_id: 'order-amount', key: [`${id}`], reason: '22P02 amount' })

  test.each([
    ['INSERT', `INSERT INTO orders (id, quantity) VALUES (1, 'a few')`],
    ['upsert', `INSERT INTO orders (id, quantity) VALUES (1, 'a few') ON CONFLICT (id) DO UPDATE SET quantity = 'x'`],
    [
      'UPDATE',
      `WITH given AS (SELECT) INSERT INTO orders (id, quantity) VALUES (1, '7');
       UPDATE orders SET quantity = 'a few' WHERE id = 1`,
    ],
  ])('%s leaves new empty and the row in quarantine', async (_, write) => {
    await client.query(write)
    expect(await orders()).toEqual([{ id: 1, quantity: 'a few', amount: null }])
    expect(await quarantined()).toEqual([entry(1)])
  })

  test('COPY of many rows keeps each that can be made', async () => {
    const lines = Array.from({ length: 2_000 }, (_, at) => `${at + 1}\t${at % 2 === 0 ? 'a few' : at}`)
    await copyFrom(client, 'COPY orders (id, quantity) FROM STDIN', lines)
    const [counts] = await rowsOf<{ made: number; empty: number }>(
      'SELECT count(amount)::int AS made, count(*) FILTER (WHERE amount IS NULL)::int AS empty FROM orders',
    )
    expect(counts).toEqual({ made: 1_000, empty: 1_000 })
    expect(await quarantined()).toHaveLength(1_000)
  })

  test('a value that both sides are given in disagreement', async () => {
    await client.query(`INSERT INTO orders (id, quantity, amount) VALUES (1, 'a few', 7)`)
    expect(await orders()).toEqual([{ id: 1, quantity: 'a few', amount: null }])
    expect(await quarantined()).toEqual([entry(1)])
  })

  test('a write of other columns to a row in quarantine is none of its business', async () => {
    await client.query(`INSERT INTO orders (id, quantity) VALUES (1, 'a few')`)
    await client.query(`UPDATE orders SET note = 'x'`)
    expect(await quarantined()).toHaveLength(1)
  })

  test('a write that is rolled back leaves nothing', async () => {
    await client.query(`BEGIN; INSERT INTO orders (id, quantity) VALUES (1, 'a few'); ROLLBACK`)
    expect(await quarantined()).toEqual([])
  })

  test('a mended value is copied', async () => {
    await client.query(`INSERT INTO orders (id, quantity) VALUES (1, 'a few')`)
    await client.query(`UPDATE orders SET quantity = '3'`)
    expect(await orders()).toEqual([{ id: 1, quantity: '3', amount: 3 }])
  })

  describe('where DDL has locked the quarantine,', () => {
    let other: pg.PoolClient
    beforeEach(async () => {
      other = await pool.connect()
      await other.query('BEGIN; LOCK TABLE expand_contract.quarantine IN ACCESS EXCLUSIVE MODE')
    })
    const endDdl = async () => {
      await other.query('ROLLBACK')
      other.release()
    }

    test('it waits, and the key is there', async () => {
      const [writer] = await rowsOf<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      const writing = client.query(`INSERT INTO orders (id, quantity) VALUES (1, 'a few')`)
      try {
        await vi.waitUntil(async () => {
          const { rows } = await pool.query('SELECT FROM pg_locks WHERE pid = $1 AND NOT granted', [writer!.pid])
          return rows.length === 1
        })
      } finally {
        await endDdl()
        await writing
      }
      expect(await orders()).toEqual([{ id: 1, quantity: 'a few', amount: null }])
      expect(await quarantined()).toEqual([entry(1)])
    })

    test('a writer that does not wait for so long fails, and leaves no empty new side without its key', async () => {
      try {
        const error = await errorOf(
          `SET LOCAL lock_timeout = '10ms'; INSERT INTO orders (id, quantity) VALUES (1, 'a few')`,
        )
        expect(error.code).toBe('55P03')
      } finally {
        await endDdl()
      }
      expect(await orders()).toEqual([])
    })
  })

  test('what the quarantine refuses fails the write', async () => {
    await client.query(`ALTER TABLE expand_contract.quarantine ADD CONSTRAINT refusing CHECK (false) NOT VALID`)
    try {
      expect((await errorOf(`INSERT INTO orders (id, quantity) VALUES (1, 'a few')`)).code).toBe('23514')
    } finally {
      await client.query('ALTER TABLE expand_contract.quarantine DROP CONSTRAINT refusing')
    }
    expect(await orders()).toEqual([])
  })

  test('without control tables nothing has been proved, and the write succeeds', async () => {
    await client.query('BEGIN; DROP TABLE expand_contract.quarantine')
    try {
      await client.query(`INSERT INTO orders (id, quantity) VALUES (1, 'a few')`)
      expect(await orders()).toEqual([{ id: 1, quantity: 'a few', amount: null }])
    } finally {
      await client.query('ROLLBACK')
    }
  })

  test('a session with session_replication_role = replica does not pass it by', async () => {
    const admin = new pg.Client({
      connectionString: database.superuserBecause('only it may set the role of replication'),
    })
    await admin.connect()
    try {
      await admin.query('SET session_replication_role = replica')
      await admin.query(`INSERT INTO orders (id, quantity) VALUES (1, 'a few'), (2, '2')`)
    } finally {
      await admin.end()
    }
    expect(await orders()).toEqual([
      { id: 1, quantity: 'a few', amount: null },
      { id: 2, quantity: '2', amount: 2 },
    ])
    expect(await quarantined()).toEqual([entry(1)])
  })
})

describe('while the trigger is strict, such a write fails', () => {
  beforeAll(() => switchTo(strict))

  test.each([
    ['INSERT', `INSERT INTO orders (id, quantity) VALUES (1, 'a secret')`],
    ['UPDATE', `INSERT INTO orders (id, quantity) VALUES (1, '7'); UPDATE orders SET quantity = 'a secret'`],
    ['both sides', `INSERT INTO orders (id, quantity, amount) VALUES (1, 'a secret', 7)`],
  ])('%s: with the change and the column, and without the value', async (_, write) => {
    const error = await errorOf(write)
    expect(error).toMatchObject({ code: '22P02', schema: 'public', table: 'orders', column: 'amount' })
    expect(error.message).toBe(
      'Change "order-amount" cannot make column amount of table "public"."orders" from the value that is written.',
    )
    expect(JSON.stringify(error)).not.toContain('secret')
    expect(await quarantined()).toEqual([])
  })

  test('a value that can be made is copied, one that both sides agree on is left', async () => {
    await client.query(`INSERT INTO orders (id, quantity) VALUES (1, ' 1 ')`)
    await client.query(`INSERT INTO orders (id, quantity, amount) VALUES (2, '2', 2)`)
    expect(await orders()).toEqual([
      { id: 1, quantity: ' 1 ', amount: 1 },
      { id: 2, quantity: '2', amount: 2 },
    ])
  })
})

const roman = pgTable('chapters', { id: integer().primaryKey(), old: text('numeral'), next: integer('number') })
/** Old is any text for a repository, as `backward` gives it, and `forward` takes digits alone. */
const spelled = changedTable(
  changeColumns({
    id: 'chapter-number',
    table: roman,
    from: ['old'],
    to: ['next'],
    forward: ({ old }) => ({ next: sql`coalesce(${old}, '0')::integer` }),
    backward: ({ next }) => ({ old: sql`CASE WHEN 10 / ${next} = 2 THEN 'V' ELSE ${next}::text END` }),
  }),
  ({ table }) => [`CREATE TABLE ${table} (id int PRIMARY KEY, numeral text, number int)`],
)

describe('where both directions may raise,', () => {
  const chapters = () => rowsOf('SELECT id, numeral, number FROM chapters ORDER BY id')
  beforeAll(() => install(spelled))
  beforeEach(() => client.query('TRUNCATE chapters'))

  test('a value that forward rejects and backward gives agrees, and stays out of quarantine', async () => {
    await client.query(`INSERT INTO chapters VALUES (1, 'V', 5)`)
    await client.query(`INSERT INTO chapters VALUES (2, '5', 5); UPDATE chapters SET numeral = 'V' WHERE id = 2`)
    expect(await chapters()).toEqual([
      { id: 1, numeral: 'V', number: 5 },
      { id: 2, numeral: 'V', number: 5 },
    ])
    expect(await quarantined()).toEqual([])
  })

  test('a row of whose new value backward makes nothing is written as any other', async () => {
    await client.query(`INSERT INTO chapters (id, numeral) VALUES (1, '0')`)
    await client.query(`UPDATE chapters SET numeral = '00'`)
    await client.query(`UPDATE chapters SET numeral = '7'`)
    expect(await chapters()).toEqual([{ id: 1, numeral: '7', number: 7 }])
  })

  test('a value of new that backward rejects fails the write, lenient or not', async () => {
    for (const isLenient of [true, false]) {
      await switchTo({ mode: 'both', copyBack: true, lenient: isLenient }, spelled)
      await client.query('DELETE FROM chapters')
      await client.query(`INSERT INTO chapters (id, numeral, number) VALUES (1, '4', 4)`)
      const error = await errorOf('UPDATE chapters SET number = 0')
      expect(error).toMatchObject({ code: '22012', column: 'numeral' })
      expect(error.message).toContain('Change "chapter-number" cannot make column numeral')
    }
  })

  test('an INSERT of neither side gets on both what NULL becomes', async () => {
    await switchTo(lenient, spelled)
    await client.query('INSERT INTO chapters (id) VALUES (1)')
    expect(await chapters()).toEqual([{ id: 1, numeral: null, number: 0 }])
    await switchTo({ mode: 'both', copyBack: true }, spelled)
    await client.query('INSERT INTO chapters (id) VALUES (2)')
    expect((await chapters())[1]).toEqual({ id: 2, numeral: null, number: null })
  })
})

const labels = pgTable('labels', {
  day: date().notNull().primaryKey(),
  amount: numeric(),
  rounded: numeric({ precision: 6, scale: 2 }),
  short: varchar({ length: 4 }),
})
/** New columns that hold less than what the expressions give: one rounds, the other refuses. */
const shortened = changedTable(
  changeColumns({
    id: 'label-parts',
    table: labels,
    from: ['amount'],
    to: ['rounded', 'short'],
    forward: ({ amount }) => ({ rounded: sql`${amount} * 1.125`, short: sql`${amount}::text` }),
    backward: ({ rounded }) => ({ amount: sql`${rounded} / 1.125` }),
  }),
  ({ table }) => [
    `CREATE TABLE ${table} (day date PRIMARY KEY, amount numeric, rounded numeric(6, 2), short varchar(4))`,
  ],
)

describe('what a column cannot store counts as rejected:', () => {
  beforeAll(async () => {
    await client.query('DROP TABLE IF EXISTS labels')
    await install(shortened)
  })
  beforeEach(() => client.query('TRUNCATE labels'))

  test('a text that is too long for one of two columns leaves both empty, under a key that every session reads', async () => {
    await client.query(`SET datestyle = 'SQL, DMY'`)
    await client.query(`INSERT INTO labels (day, amount) VALUES ('31/12/2026', 10.25), ('30/12/2026', 1)`)
    await client.query('RESET datestyle')
    expect(await rowsOf('SELECT day::text, rounded, short FROM labels ORDER BY day')).toEqual([
      { day: '2026-12-30', rounded: '1.13', short: '1' },
      { day: '2026-12-31', rounded: null, short: null },
    ])
    expect(await quarantined()).toEqual([{ change_id: 'label-parts', key: ['2026-12-31'], reason: '22001 short' }])
  })

  test('a value that is rounded as the column rounds it agrees', async () => {
    await switchTo(strict, shortened)
    await client.query(`INSERT INTO labels VALUES ('2026-01-01', 1, 1.13, '1')`)
    await client.query(`UPDATE labels SET amount = 1.0, rounded = 1.13, short = '1.0'`)
    expect(await rowsOf('SELECT amount, rounded, short FROM labels')).toEqual([
      { amount: '1.0', rounded: '1.13', short: '1.0' },
    ])
  })
})

describe('rights:', () => {
  const role = `${database.name}_writer`
  let writer: pg.Client

  beforeAll(async () => {
    const admin = new pg.Client({ connectionString: database.superuserBecause('it creates a role') })
    await admin.connect()
    await admin.query(`CREATE ROLE "${role}" LOGIN PASSWORD 'writer'`)
    await admin.end()
    await client.query('ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC')
    const withDefault = changedTable(inCents.change as never, () => [
      `CREATE TABLE ${inCents.table} (id int PRIMARY KEY, balance numeric(12, 3), cents bigint, note text)`,
    ])
    await install(withDefault, new Map([['balance', '1.5']]))
    await client.query(`GRANT SELECT, INSERT, UPDATE ON orders, accounts TO "${role}"`)
    await switchTo(lenient)
    const url = new URL(database.url)
    url.username = role
    url.password = 'writer'
    writer = new pg.Client({ connectionString: url.href })
    await writer.connect()
  })
  afterAll(async () => {
    await writer.end()
    const admin = new pg.Client({ connectionString: database.superuserBecause('it drops a role') })
    await admin.connect()
    await admin.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`)
    await admin.end()
  })

  test('a writer needs none on the schema of the functions, nor on the functions', async () => {
    await writer.query(`INSERT INTO orders (id, quantity) VALUES (1, 'a few'), (2, '2')`)
    await writer.query(`INSERT INTO accounts (id, balance) VALUES (1, 2.5)`)
    await writer.query(`INSERT INTO accounts (id) VALUES (2)`)
    expect(await quarantined()).toHaveLength(1)
    expect(await rowsOf('SELECT balance, cents FROM accounts ORDER BY id')).toEqual([
      { balance: '2.500', cents: '250' },
      { balance: '1.500', cents: '150' },
    ])
  })

  test('and may not write to the quarantine', async () => {
    await expect(writer.query('SELECT expand_contract."quarantine_order-amount"(1, \'x\')')).rejects.toMatchObject({
      code: '42501',
    })
  })
})

test('a retired old column is still filled from new, and takes its name again', async () => {
  const { change, sides } = parsed as { change: AnyChange } & ChangedTable
  await switchTo({ mode: 'new', copyBack: true })
  for (const statement of retireStatements(change, sides)) await client.query(statement)
  await client.query('INSERT INTO orders (id, amount) VALUES (1, 7)')
  expect(await rowsOf('SELECT "~ec_retired_quantity" AS retired FROM orders')).toEqual([{ retired: '7' }])
  for (const statement of unretireStatements(change, sides)) await client.query(statement)
  await switchTo(strict)
  await client.query(`UPDATE orders SET quantity = '8'`)
  expect(await orders()).toEqual([{ id: 1, quantity: '8', amount: 8 }])
})

test('what judges a row knows the old column by the name that it has', async () => {
  const { change, sides } = parsed as { change: AnyChange } & ChangedTable
  const verdicts = async (directions: readonly string[]) => {
    const functions = directions.map((name) => `expand_contract."verdict_${name}_order-amount"('x', 7) AS ${name}`)
    return (await rowsOf(`SELECT ${functions.join(', ')}`))[0]
  }
  const expected = { forward: '22P02 amount', backward: '' }
  for (const statement of retireStatements(change, sides)) await client.query(statement)
  expect(await verdicts(['forward', 'backward'])).toEqual(expected)
  for (const statement of unretireStatements(change, sides)) await client.query(statement)
  expect(await verdicts(['forward', 'backward'])).toEqual(expected)
})

test('whoever judges a row does it with the search path of the trigger', async () => {
  await client.query(`CREATE SCHEMA decoys; SET search_path = decoys, public, pg_catalog`)
  try {
    await client.query(`CREATE FUNCTION decoys.never(text, text) RETURNS text LANGUAGE sql AS $$SELECT 'decoy'$$;
      CREATE OPERATOR decoys.|| (FUNCTION = decoys.never, LEFTARG = text, RIGHTARG = text)`)
    expect(await rowsOf(`SELECT expand_contract."verdict_forward_order-amount"('x', 7) AS verdict`)).toEqual([
      { verdict: '22P02 amount' },
    ])
  } finally {
    await client.query('RESET search_path; DROP SCHEMA decoys CASCADE')
  }
})

test('what is installed is what is removed', async () => {
  const { change, sides } = spelled
  const functions = () =>
    rowsOf(`SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace
             WHERE nspname = 'expand_contract' AND proname LIKE '%chapter-number'`)
  expect(await functions()).toHaveLength(transformFunctionNames(change.id, sides.transform).length + 2)
  const drops = transformFunctionNames(change.id, sides.transform).map((name) => `DROP FUNCTION ${name}`)
  for (const statement of [...removeSync(change, sides), ...drops]) await client.query(statement)
  expect(await functions()).toEqual([])
})
