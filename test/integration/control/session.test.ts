import { inspect } from 'node:util'
import pg from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { openSession, requireDirect } from '../../../src/control/session.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startPooler } from '../../support/pooler.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})

async function refusal(url: string): Promise<Error> {
  return openSession(url).then(
    () => expect.unreachable('the session was opened'),
    (error) => error,
  )
}

describe('a session of the command line', () => {
  it('refuses hidden rows, and reads committed whatever the database says', async () => {
    const session = await openSession(database.url)
    const { rows } = await session.client.query(
      `SELECT current_setting('row_security') AS row_security, current_setting('transaction_isolation') AS isolation`,
    )
    expect(rows).toEqual([{ row_security: 'off', isolation: 'read committed' }])
    expect(session.pooled).toBe(false)
    await session.close()
  })

  it("is fooled neither by what a database sets for everybody nor by functions that stand before PostgreSQL's own", async () => {
    const hostile = await createTestDatabase()
    const admin = new pg.Client({ connectionString: hostile.url })
    await admin.connect()
    await admin.query(`
      CREATE SCHEMA decoys;
      CREATE FUNCTION decoys.pg_backend_pid() RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION decoys.now() RETURNS timestamptz LANGUAGE sql AS $$SELECT timestamptz '1999-12-31 UTC'$$;
      GRANT USAGE ON SCHEMA decoys TO PUBLIC;
      ALTER DATABASE ${hostile.name} SET search_path = public, decoys, pg_catalog;
      ALTER DATABASE ${hostile.name} SET "DateStyle" = 'German';
      ALTER DATABASE ${hostile.name} SET statement_timeout = '1s'`)
    await admin.end()

    const session = await openSession(hostile.url)
    expect(session.pooled).toBe(false)
    const { rows } = await session.client.query(
      `SELECT now() > '2020-01-01' AS knows_the_time, now() AS now, current_setting('search_path') AS path,
              current_setting('statement_timeout') AS timeout`,
    )
    expect(rows).toEqual([{ knows_the_time: true, now: expect.any(Date), path: 'public, decoys', timeout: '0' }])
    await session.close()
  })

  it('survives that its connection is cut off', async () => {
    const session = await openSession(database.url)
    const { rows } = await session.client.query('SELECT pg_backend_pid() AS pid')
    await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
    await expect(session.client.query('SELECT 1')).rejects.toThrow()
    await session.close()
  })

  it('sees that a pooler is in between, and names what cannot work through it', async () => {
    const pooler = await startPooler(database.url)
    const session = await openSession(pooler.url)
    expect(session.pooled).toBe(true)
    expect(() => requireDirect(session, 'an advisory lock')).toThrow(
      expect.objectContaining({
        code: 'EC_POOLED_CONNECTION',
        message: expect.stringContaining('where an advisory lock cannot work'),
      }),
    )
    await session.close()
    await pooler.stop()
  })
})

it('leaves the settings of a connection alone that a pooler hands to the application next', async () => {
  const pooler = await startPooler(database.url)
  const session = await openSession(pooler.url)
  const { rows } = await session.client.query(`SELECT current_setting('row_security') AS row_security`)
  expect(rows).toEqual([{ row_security: 'on' }])
  await session.close()
  await pooler.stop()
})

describe('a database that cannot be reached', () => {
  const at = (change: (url: URL) => void) => {
    const url = new URL(database.url)
    url.password = 'canary-password'
    change(url)
    return url.href
  }

  it.each([
    ['nobody listens', (url: URL) => void Object.assign(url, { port: '1' }), 'connection refused'],
    ['there is no such database', (url: URL) => void Object.assign(url, { pathname: '/nowhere' }), 'no such database'],
    ['there is no such role', (url: URL) => void Object.assign(url, { username: 'canary-role' }), 'user not accepted'],
  ])('is named by its address, without a secret: %s', async (_, change, reason) => {
    const error = await refusal(at(change))
    expect(error).toMatchObject({
      code: 'EC_UNREACHABLE',
      outcome: 'usage',
      message: expect.stringContaining(`(${reason})`),
    })
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('canary-password')
  })

  it.each(['', 'not a url', 'mysql://canary-password@host/db'])(
    'is refused for a URL that is none: %j',
    async (url) => {
      const error = await refusal(url)
      expect(error).toMatchObject({ code: 'EC_UNREACHABLE' })
      expect(inspect(error, { depth: Infinity })).not.toContain('canary-password')
    },
  )
})
