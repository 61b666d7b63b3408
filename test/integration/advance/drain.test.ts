import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { attest } from '../../../src/advance/attest.ts'
import { endSessions } from '../../../src/advance/end-sessions.ts'
import { planBack, planNext } from '../../../src/advance/plan.ts'
import { remainingOf } from '../../../src/advance/read-drain.ts'
import { takeBack } from '../../../src/advance/take-back.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { readHistory } from '../../../src/control/history.ts'
import { backendPid } from '../../support/blocked.ts'
import { advanceTo, plainSchemas, type Renaming, startRenaming, users } from '../../support/renaming.ts'

let renaming: Renaming
const clients: pg.Client[] = []

/** In new-only, where the next step is to arm the refusal: it waits for a drain. */
beforeEach(async () => {
  renaming = await startRenaming()
  await advanceTo(renaming, 'new-only')
})
afterEach(() => Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined))))

/** A session with an open transaction that has read only, so that it has neither a transaction id nor a snapshot. */
async function openTransaction(application: string): Promise<{ readonly client: pg.Client; readonly pid: number }> {
  const client = new pg.Client({ connectionString: renaming.database.url, application_name: application })
  client.on('error', () => undefined)
  clients.push(client)
  await client.connect()
  await client.query('BEGIN')
  await client.query('SELECT 1')
  return { client, pid: await backendPid(client) }
}

async function query(text: string): Promise<Record<string, unknown>[]> {
  return (await renaming.target.session.client.query(text)).rows
}

/** Takes the next step; what blocks it, or nothing where it was taken. */
async function next(force?: string): Promise<string | undefined> {
  const { target } = renaming
  try {
    await takeNext(target, await planNext(target), { force })
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ code: 'EC_GUARD_REFUSED' })
    return (error as Error).message
  }
}

async function isArmed(): Promise<boolean> {
  return (await query('SELECT trigger_mode FROM expand_contract.changes'))[0]!.trigger_mode === 'new'
}

async function drains(): Promise<readonly Record<string, unknown>[]> {
  const history = await readHistory(renaming.target.session.db, 'user-full-name')
  return history.filter(({ action }) => action === 'drain').map(({ evidence }) => evidence)
}

async function register(oldestPhase: string, lease: string): Promise<void> {
  await query(`INSERT INTO expand_contract.processes (instance, name, release, host, pid, flags, tables, changes, renewed_at, lease_until)
    SELECT gen_random_uuid(), 'billing', '4f2a1c', 'web-3', 812, 'database', '["public.users"]',
           jsonb_build_object(id, jsonb_build_object('hash', declaration_hash, 'phase', phase, 'oldestPhase', '${oldestPhase}', 'epoch', epoch,
             'keyedReads', '{"old": 0, "new": 0, "lastOldAgoMs": null}'::jsonb)),
           now() + interval '${lease}' - interval '15 seconds', now() + interval '${lease}'
      FROM expand_contract.changes`)
}

describe('a drain', () => {
  it('ends within the same call where nothing is open, and is kept in the history', async () => {
    expect(await next()).toBeUndefined()
    expect(await isArmed()).toBe(true)
    expect(await drains()).toEqual([{ transactions: [], prepared: [] }])
  })

  it('waits for a transaction that is idle and has no transaction id, and names it', async () => {
    const { client, pid } = await openTransaction('nightly report')
    expect(await next()).toMatch(
      new RegExp(`transaction of pid ${pid} \\("nightly report", role "\\w+"\\): idle in transaction, for \\d+ s`),
    )
    await client.query('COMMIT')
    expect(await next()).toBeUndefined()
    expect(await isArmed()).toBe(true)
  })

  it('goes on in the next call, and does not wait for what has begun since', async () => {
    const first = await openTransaction('first')
    expect(await next()).toContain('"first"')
    await openTransaction('second')
    expect(await next()).not.toContain('"second"')
    await first.client.query('COMMIT')
    expect(await next()).toBeUndefined()
    expect(await drains()).toHaveLength(1)
  })

  it('tells one transaction of a session from the next', async () => {
    const { client } = await openTransaction('worker')
    expect(await next()).toContain('"worker"')
    await client.query('COMMIT; BEGIN; SELECT 1')
    expect(await next()).toBeUndefined()
  })

  it('does not wait for another database of the server', async () => {
    const elsewhere = new pg.Client({ connectionString: renaming.database.url.replace(/\/[^/]*$/, '/postgres') })
    clients.push(elsewhere)
    await elsewhere.connect()
    await elsewhere.query('BEGIN; SELECT 1')
    expect(await next()).toBeUndefined()
  })

  it('begins anew in another epoch', async () => {
    const { target } = renaming
    const { client } = await openTransaction('first')
    await next()
    await takeBack(target, await planBack(target))
    await advanceTo(renaming, 'new-only')
    const second = await openTransaction('second')
    await client.query('COMMIT')
    expect(await next()).toContain('"second"')
    await second.client.query('COMMIT')
    expect(await next()).toBeUndefined()
  })

  it('is passed over by force, which a courtesy yields to', async () => {
    await openTransaction('first')
    expect(await next('it reads only')).toBeUndefined()
    expect(await isArmed()).toBe(true)
    expect(await drains()).toEqual([])
  })

  it('is shown by a plan and not begun by it', async () => {
    await planNext(renaming.target)
    expect(await query('SELECT drain FROM expand_contract.changes')).toEqual([{ drain: null }])
  })
})

describe('a drain and the processes below the phase', () => {
  it('does not begin while one is alive', async () => {
    await register('read-new', '10 seconds')
    expect(await next()).toContain('billing 4f2a1c on web-3 (pid 812)')
    expect(await drains()).toEqual([])
  })

  it('begins anew once one has come and gone, as its transaction may still be open', async () => {
    const first = await openTransaction('first')
    expect(await next()).toContain('"first"')
    const late = await openTransaction('late')
    await register('read-new', '-1 minute') // it came, opened a transaction, and crashed: its lease has run out
    await first.client.query('COMMIT')
    expect(await next()).toContain('"late"')
    await late.client.query('COMMIT')
    expect(await next()).toBeUndefined()
    expect(await drains()).toHaveLength(2)
  })

  it('does not begin anew for one that was gone before it began', async () => {
    await register('read-new', '-1 minute')
    const first = await openTransaction('first')
    expect(await next()).toContain('"first"')
    await openTransaction('second')
    await first.client.query('COMMIT')
    expect(await next()).toBeUndefined()
  })

  it('does not begin anew for one that acts by the phase of now', async () => {
    const first = await openTransaction('first')
    await next()
    await register('new-only', '10 seconds')
    await openTransaction('second')
    await first.client.query('COMMIT')
    expect(await next()).toBeUndefined()
  })

  it('begins anew once a release that does not know the change was seen, though its process has left', async () => {
    const seen = (at: string) =>
      query(`INSERT INTO expand_contract.releases (name, release, tables, declarations, last_seen_at)
        VALUES ('billing', 'old', '["public.users"]', '{}', ${at})
        ON CONFLICT (scope, name, release) DO UPDATE SET last_seen_at = excluded.last_seen_at`)
    await seen(`now() - interval '1 day'`)
    const first = await openTransaction('first')
    await next()
    await seen('now()')
    await openTransaction('second')
    await first.client.query('COMMIT')
    expect(await next()).toContain('"second"')
  })
})

describe('a drain and prepared transactions', () => {
  afterEach(async () => {
    const { rows } = await renaming.database.pool.query(
      'SELECT gid FROM pg_prepared_xacts WHERE database = current_database()',
    )
    for (const { gid } of rows) await renaming.database.pool.query(`ROLLBACK PREPARED '${gid}'`)
  })

  it('waits for one, and says how to end it', async () => {
    const { client } = await openTransaction('broker')
    await client.query(`INSERT INTO users (full_name) VALUES ('in doubt'); PREPARE TRANSACTION 'order 17'`)
    expect(await next()).toContain(`\`COMMIT PREPARED 'order 17'\` or \`ROLLBACK PREPARED 'order 17'\` ends it`)
    await client.query(`COMMIT PREPARED 'order 17'`)
    expect(await next()).toBeUndefined()
  })

  it('waits for one that was still open when the drain began, and for none that is prepared later', async () => {
    const { client } = await openTransaction('broker')
    expect(await next()).toContain('"broker"')
    await client.query(`INSERT INTO users (full_name) VALUES ('in doubt'); PREPARE TRANSACTION 'first'`)
    expect(await next()).toContain(`'first'`)
    const later = await openTransaction('broker')
    // Without a lock on the table, which would keep the step from it in its own way.
    await later.client.query(`SELECT pg_current_xact_id(); PREPARE TRANSACTION 'second'`)
    expect(await next()).not.toContain(`'second'`)
    await client.query(`ROLLBACK PREPARED 'first'`)
    expect(await next()).toBeUndefined()
  })
})

describe('a drain on which data hangs', () => {
  const options = { id: 'user-full-name', table: users, from: 'name', to: 'fullName', soak: '0' } as const

  it('comes before old is given up without copy-back, and does not yield to force', async () => {
    renaming = await startRenaming({ ...plainSchemas, change: renameColumn({ ...options, copyBack: false }) })
    await advanceTo(renaming, 'read-new')
    const { client } = await openTransaction('first')
    expect(await next('we are in a hurry')).toContain('"first"')
    await client.query('COMMIT')
    expect(await next()).toBeUndefined()
    expect((await planNext(renaming.target)).facts.phase).toBe('new-only')
  })

  it('comes before a fill without a sync trigger, and after the attestation', async () => {
    renaming = await startRenaming({ ...plainSchemas, change: renameColumn({ ...options, sync: 'none' }) })
    await advanceTo(renaming, 'dual-write')
    const { client } = await openTransaction('first')
    expect(await next('we are in a hurry')).toContain('--attest')
    expect(await drains()).toEqual([])
    await attest(renaming.target, 'nothing else is connected')
    expect(await next('we are in a hurry')).toContain('"first"')
    await client.query('COMMIT')
    expect(await next()).toBeUndefined()
    expect((await planNext(renaming.target)).facts.backfillDone).toBe(true)
  })
})

describe('ending the sessions that a drain waits for', () => {
  async function remaining() {
    const { row } = await planNext(renaming.target)
    return { row: row!, transactions: (await remainingOf(renaming.target, row!.drain!)).transactions }
  }

  it('ends them, rolls back what they have not committed, and keeps it in the history', async () => {
    const { client, pid } = await openTransaction('forgotten')
    await client.query(`INSERT INTO users (full_name) VALUES ('never committed')`)
    await next()
    const { row, transactions } = await remaining()
    expect(await endSessions(renaming.target, row, transactions)).toMatchObject([
      { transaction: { pid }, outcome: 'ended' },
    ])
    expect(await drains()).toContainEqual({ terminated: [expect.objectContaining({ pid, application: 'forgotten' })] })
    expect(await next()).toBeUndefined()
    expect(await query(`SELECT FROM users WHERE full_name = 'never committed'`)).toEqual([])
  })

  it('leaves a session alone that has gone on to another transaction', async () => {
    const { client } = await openTransaction('busy')
    await next()
    const { row, transactions } = await remaining()
    await client.query('COMMIT; BEGIN; SELECT 1')
    expect(await endSessions(renaming.target, row, transactions)).toMatchObject([{ outcome: 'gone' }])
    await client.query('COMMIT')
  })
})
