import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { describeOpen, openTransactions } from '../../../src/catalog/open-transactions.ts'
import { openSession } from '../../../src/control/session.ts'
import { backendPid } from '../../support/blocked.ts'
import { createTestDatabase } from '../../support/database.ts'
import { createLoginRole } from '../../support/login-role.ts'

const database = await createTestDatabase()
const looker = await createLoginRole(database, 'looker')

const clients: pg.Client[] = []
afterEach(() => Promise.all(clients.splice(0).map((client) => client.end())))

async function connect(options: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(options)
  clients.push(client)
  await client.connect()
  return client
}

/** What a role with no rights sees. */
async function seenByLooker() {
  const session = await openSession(looker.url)
  try {
    return await openTransactions(session.client)
  } finally {
    await session.close()
  }
}

describe('open transactions', () => {
  it('are seen by every role, with application and role; state and age where rights allow', async () => {
    const client = await connect({ connectionString: database.url, application_name: 'report' })
    await client.query('BEGIN; SELECT 1')
    const pid = await backendPid(client)
    const [hidden] = await seenByLooker()
    expect(hidden).toMatchObject({ pid, application: 'report', state: null, ageMs: null })
    expect(describeOpen(hidden!)).toBe(
      `transaction of pid ${pid} ("report", role "${hidden!.role}"): its age is not visible to this role (\`GRANT pg_read_all_stats\` shows it)`,
    )
    const own = await connect({ connectionString: database.url })
    const [visible] = await openTransactions(own)
    expect(visible).toMatchObject({ pid, state: 'idle in transaction', ageMs: expect.any(Number) })
  })

  it('are none between two transactions of a session', async () => {
    const client = await connect({ connectionString: database.url })
    await client.query('BEGIN; SELECT 1; COMMIT')
    expect(await seenByLooker()).toEqual([])
  })

  it('include those of sessions that came after the transaction of whoever looks had begun', async () => {
    const own = await connect({ connectionString: database.url })
    await own.query('BEGIN')
    await own.query('SELECT count(*) FROM pg_stat_activity') // what PostgreSQL would answer from later
    const late = await connect({ connectionString: database.url })
    await late.query('BEGIN; SELECT 1')
    expect(await openTransactions(own)).toMatchObject([{ pid: await backendPid(late) }])
  })

  it('leave out the senders of replication, which hold one while they export a snapshot', async () => {
    const url = database.superuserBecause('it opens a replication connection')
    // node-postgres passes it on to PostgreSQL, and its types do not have it.
    const options = { connectionString: url, replication: 'database' } as pg.ClientConfig
    const sender = await connect(options)
    await sender.query('CREATE_REPLICATION_SLOT drain_test TEMPORARY LOGICAL pgoutput (SNAPSHOT export)')
    const { rows } = await database.pool.query(
      `SELECT count(*)::int AS held FROM pg_locks JOIN pg_stat_replication USING (pid)
        WHERE locktype = 'virtualxid' AND mode = 'ExclusiveLock'`,
    )
    expect(rows).toEqual([{ held: 1 }]) // else this test shows nothing
    expect(await seenByLooker()).toEqual([])
  })

  it('are described without what would move the cursor of a terminal', () => {
    const transaction = { virtualxid: '1/1', pid: 1, application: 'a\u001b[2Jb', role: 'r', state: 'active', ageMs: 1 }
    expect(describeOpen(transaction)).not.toContain('\u001b')
  })
})
