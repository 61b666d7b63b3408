import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { installControlTables } from '../../../src/control/install.ts'
import { openSession, type Session } from '../../../src/control/session.ts'
import type { Phase, TriggerMode } from '../../../src/phase/phase.ts'
import { identifier } from '../../../src/sql/identifier.ts'
import { installSync, recordingIntervalMs, switchMode } from '../../../src/sync/index.ts'
import { createTestDatabase } from '../../support/database.ts'
import { ordinary } from './changed-tables.ts'

const database = await createTestDatabase()
const { change, sides, table, old, next } = ordinary
/** Neither is a superuser; the writer has rights on the table alone. */
const owner = `${database.name}_owner`
const writer = `${database.name}_writer`
const throttle = 'expand_contract.unaware_person_name'
let session: Session

beforeAll(async () => {
  session = await openSession(database.superuserBecause('it creates roles and acts as those'))
  const { client } = session
  await client.query(`CREATE ROLE ${identifier(owner)}`)
  await client.query(`CREATE ROLE ${identifier(writer)} LOGIN PASSWORD 'writer'`)
  await client.query(`GRANT CREATE ON DATABASE ${identifier(database.name)} TO ${identifier(owner)}`)
  await client.query(`GRANT CREATE ON SCHEMA public TO ${identifier(owner)}`)
  await client.query(`SET ROLE ${identifier(owner)}`)
  await installControlTables(session)
  for (const statement of [...ordinary.create, ...installSync(change, sides, 'old')]) await client.query(statement)
  await client.query(`GRANT SELECT, INSERT, UPDATE ON ${table} TO ${identifier(writer)}`)
  await client.query(
    `INSERT INTO expand_contract.changes (id, declaration, declaration_hash, phase, soak_ms) VALUES ($1, '{}', '', 'planned', 0)`,
    [change.id],
  )
  await client.query(`INSERT INTO ${table} (id, ${old}, ${next}) VALUES (1, 'a', 'a')`)
})
afterAll(async () => {
  await session.client.query('RESET ROLE')
  for (const role of [writer, owner]) await session.client.query(`DROP OWNED BY ${identifier(role)} CASCADE`)
  for (const role of [writer, owner]) await session.client.query(`DROP ROLE ${identifier(role)}`)
  await session.close()
})
beforeEach(async () => {
  await session.client.query('TRUNCATE expand_contract.unaware_writers')
  await enter('dual-write', 'old')
})

describe('who writes one side alone is named from dual-write on', () => {
  const oldAlone = `UPDATE ${table} SET ${old} = 'b' WHERE id = 1`
  const newAlone = `UPDATE ${table} SET ${next} = 'b' WHERE id = 1`
  const disagreeing = `UPDATE ${table} SET ${old} = 'b', ${next} = 'c' WHERE id = 1`
  const agreeing = `UPDATE ${table} SET ${old} = 'b', ${next} = 'b' WHERE id = 1`
  const nothingOfOurs = `UPDATE ${table} SET note = 'x' WHERE id = 1`

  test.each<[Phase, TriggerMode, statement: string, sides: readonly string[]]>([
    ['expanded', 'old', oldAlone, []],
    ['expanded', 'old', disagreeing, []],
    ['dual-write', 'old', oldAlone, ['old']],
    ['dual-write', 'old', disagreeing, ['both']],
    ['dual-write', 'old', agreeing, []],
    ['dual-write', 'old', nothingOfOurs, []],
    ['read-switch', 'old', oldAlone, ['old']],
    ['read-new', 'both', oldAlone, ['old']],
    ['read-new', 'both', newAlone, ['new']],
    ['read-new', 'both', disagreeing, ['both']],
    ['new-only', 'both', oldAlone, ['old']],
    ['new-only', 'both', newAlone, []],
    ['new-only', 'new', newAlone, []],
    ['new-only', 'new', disagreeing, ['both']],
    ['contracted', 'new', newAlone, []],
    ['abandoned', 'old', oldAlone, []],
  ])('%s, mode %s: %s', async (phase, mode, statement, expected) => {
    await enter(phase, mode)
    await asWriter((client) => client.query(statement))
    expect((await named()).map(({ side }) => side)).toEqual(expected)
  })

  test('nobody is named where the change has no row', async () => {
    const { client } = session
    await client.query('BEGIN')
    await client.query('DELETE FROM expand_contract.changes')
    await client.query(oldAlone)
    expect(await named()).toEqual([])
    await client.query('ROLLBACK')
  })
})

test('a writer is named by role, application, address and process, and by no value', async () => {
  const before = new Date()
  const pid = await asWriter(async (client) => {
    await client.query(`INSERT INTO ${table} (id, ${old}) VALUES (2, 'canary')`)
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    return rows[0]!.pid
  })
  const [row, ...others] = await named()
  expect(others).toEqual([])
  expect(row).toMatchObject({
    scope: 'default',
    change_id: change.id,
    side: 'old',
    operation: 'INSERT',
    role: writer,
    application: 'billing 4f2a1c',
    pid,
  })
  expect(row!.client).toMatch(/^(127\.0\.0\.1|::1)/)
  expect(row!.at.getTime()).toBeGreaterThanOrEqual(before.getTime() - 1_000)
  expect(JSON.stringify(row)).not.toContain('canary')
})

describe('a session is looked at once per interval', () => {
  test('and two sessions are two writers', async () => {
    for (let times = 0; times < 2; times += 1) {
      await asWriter(async (client) => {
        await writeOld(client, 'b')
        await writeOld(client, 'c')
      })
    }
    expect(await named()).toHaveLength(2)
  })

  test.each([
    ['within it', recordingIntervalMs - 1_000, 0],
    ['after it', recordingIntervalMs + 1_000, 1],
  ])('%s', async (_, agoMs, times) => {
    await asWriter(async (client) => {
      await client.query(
        `SELECT set_config($1, (extract(epoch FROM clock_timestamp()) * 1000 - $2::int)::bigint::text, false)`,
        [throttle, agoMs],
      )
      await writeOld(client, 'd')
    })
    expect(await named()).toHaveLength(times)
  })

  test('a rollback takes the name and the look back, so that the next write is named', async () => {
    await asWriter(async (client) => {
      await client.query('BEGIN')
      await writeOld(client, 'e')
      await client.query('ROLLBACK')
      expect(await named()).toHaveLength(0)
      await writeOld(client, 'e')
    })
    expect(await named()).toHaveLength(1)
  })
})

describe('the write succeeds, unnamed and without waiting,', () => {
  const lock = (name: string) => `LOCK TABLE expand_contract.${name} IN ACCESS EXCLUSIVE MODE`
  test.each([
    ['while the list of writers is locked', lock('unaware_writers')],
    ['while the changes are locked', lock('changes')],
  ])('%s', async (_, statement) => {
    const { client } = session
    await client.query('BEGIN')
    await client.query(statement)
    await asWriter(async (writing) => {
      await writing.query(`SET statement_timeout = '5s'`)
      await writeOld(writing, 'f')
    })
    await client.query('ROLLBACK')
    expect(await stored()).toEqual(['f', 'f'])
    expect(await named()).toEqual([])
  })

  test.each([
    [
      'without the control tables',
      'ALTER SCHEMA expand_contract RENAME TO elsewhere',
      'ALTER SCHEMA elsewhere RENAME TO expand_contract',
    ],
    [
      'with control tables of another version',
      'ALTER TABLE expand_contract.unaware_writers RENAME COLUMN side TO part',
      'ALTER TABLE expand_contract.unaware_writers RENAME COLUMN part TO side',
    ],
    [
      'where the list refuses the row',
      'ALTER TABLE expand_contract.unaware_writers ADD CONSTRAINT never CHECK (false)',
      'ALTER TABLE expand_contract.unaware_writers DROP CONSTRAINT never',
    ],
  ])('%s', async (_, breakIt, mendIt) => {
    await session.client.query(breakIt)
    try {
      await asWriter((client) => writeOld(client, 'g'))
    } finally {
      await session.client.query(mendIt)
    }
    expect(await stored()).toEqual(['g', 'g'])
    expect(await named()).toEqual([])
  })

  test('whatever the session keeps in the setting', async () => {
    await asWriter(async (client) => {
      await client.query(`SET ${throttle} = 'no number'`)
      await writeOld(client, 'h')
    })
    expect(await stored()).toEqual(['h', 'h'])
    expect(await named()).toEqual([])
  })

  test('under the snapshot of a REPEATABLE READ transaction from before dual-write', async () => {
    await enter('expanded', 'old')
    await asWriter(async (client) => {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
      await client.query(`SELECT FROM ${table}`)
      await enterWithoutSwitching('dual-write')
      await writeOld(client, 'i')
      await client.query('COMMIT')
    })
    expect(await stored()).toEqual(['i', 'i'])
    expect(await named()).toEqual([])
  })
})

test('a SERIALIZABLE writer is named, and is not aborted by a transition that runs meanwhile', async () => {
  await asWriter(async (client) => {
    await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE')
    await writeOld(client, 'j')
    await enterWithoutSwitching('read-switch')
    await client.query('COMMIT')
  })
  expect(await stored()).toEqual(['j', 'j'])
  expect((await named()).map(({ side }) => side)).toEqual(['old'])
})

/** One short-lived connection of the application. */
async function asWriter<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const url = new URL(database.url)
  url.username = writer
  url.password = 'writer'
  const client = new pg.Client({ connectionString: url.href, application_name: 'billing 4f2a1c' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function writeOld(client: pg.ClientBase, value: string) {
  return client.query(`UPDATE ${table} SET ${old} = $1 WHERE id = 1`, [value])
}

async function enter(phase: Phase, mode: TriggerMode): Promise<void> {
  const { client } = session
  await client.query('BEGIN')
  await enterWithoutSwitching(phase)
  await switchMode(client, change, sides, { mode, copyBack: true })
  await client.query(`UPDATE ${table} SET ${old} = 'a', ${next} = 'a' WHERE id = 1`)
  await client.query('COMMIT')
}

function enterWithoutSwitching(phase: Phase) {
  return session.client.query('UPDATE expand_contract.changes SET phase = $1', [phase])
}

async function named() {
  const { rows } = await session.client.query<{ side: string; client: string; at: Date }>(
    'SELECT * FROM expand_contract.unaware_writers ORDER BY number',
  )
  return rows
}

async function stored() {
  const { rows } = await session.client.query<{ old: string; next: string }>(
    `SELECT ${old} AS old, ${next} AS next FROM ${table} WHERE id = 1`,
  )
  return [rows[0]!.old, rows[0]!.next]
}
