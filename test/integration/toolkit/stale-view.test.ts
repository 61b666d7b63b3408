import { createToolkit, renameColumn, type ToolkitOptions } from 'drizzle-expand-contract'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AnyChange, Change } from '../../../src/change/change.ts'
import { sidesOf } from '../../../src/change/sides.ts'
import { installControlTables } from '../../../src/control/install.ts'
import { recordExpanded } from '../../../src/control/record-expanded.ts'
import { openSession, type Session } from '../../../src/control/session.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

const users = pgTable('users', {
  id: serial('id').primaryKey(),
  name: text('name'),
  fullName: text('full_name'),
})
const schema = { users }
const rename = { id: 'user-full-name', table: users, from: 'name', to: 'fullName' } as const
const inSync = renameColumn(rename)
const withoutCopyBack = renameColumn({ ...rename, copyBack: false })
const withoutTrigger = renameColumn({ ...rename, sync: 'none' })

const lease = { pollMs: 7_000, leaseMs: 15_000 }
const longerThanTheLease = 16_000

let database: TestDatabase
let session: Session
const queries: string[] = []
const started: { stop(): Promise<void> }[] = []
const realClocks = { monotonic: performance.now.bind(performance), wall: Date.now }
/** How far each clock has jumped ahead of the real one. */
const jumped = { monotonic: 0, wall: 0 }

beforeAll(async () => {
  database = await createTestDatabase()
  session = await openSession(database.url)
  return () => session.close()
})

beforeEach(() => {
  Object.assign(jumped, { monotonic: 0, wall: 0 })
  vi.spyOn(performance, 'now').mockImplementation(() => realClocks.monotonic() + jumped.monotonic)
  vi.spyOn(Date, 'now').mockImplementation(() => realClocks.wall() + jumped.wall)
})

afterEach(async () => {
  await session.client.query('ALTER TABLE IF EXISTS expand_contract.away RENAME TO changes')
  for (const toolkit of started.splice(0)) await toolkit.stop()
  vi.restoreAllMocks()
})

/** A started process, in dual-write, with one row whose sides tell which of them was read. */
async function startIn<const C extends Change>(
  change: C,
  overrides: Partial<Pick<ToolkitOptions<typeof schema, { change: C }, never>, 'pollMs' | 'leaseMs'>> & {
    client?: pg.Pool
  } = {},
) {
  const { client = database.pool, ...options } = overrides
  await session.client.query(
    'DROP SCHEMA IF EXISTS expand_contract CASCADE; DROP TABLE IF EXISTS users; CREATE TABLE users (id serial PRIMARY KEY, name text, full_name text)',
  )
  await session.client.query(`INSERT INTO users (name, full_name) VALUES ('old', 'new')`)
  await installControlTables(session)
  const declared = change as unknown as AnyChange
  await recordExpanded(session.db, declared, sidesOf(declared), undefined, {})
  await moveTo('dual-write')
  const db = drizzle({ client, logger: { logQuery: (query) => void queries.push(query) } })
  const toolkit = createToolkit({ db, schema, changes: { change }, log: () => {}, ...lease, ...options })
  await toolkit.start()
  started.push(toolkit)
  queries.length = 0
  return toolkit
}

async function moveTo(phase: string): Promise<void> {
  await session.client.query('UPDATE expand_contract.changes SET phase = $1, epoch = epoch + 1', [phase])
}

/** As SIGSTOP does it: both clocks ran on, and the process did not. */
function wakeAfter(ms: number): void {
  jumped.monotonic += ms
  jumped.wall += ms
}

const waitingForLocks = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
const looks = () => queries.filter((query) => query.includes('from "expand_contract"."changes"'))
const usersQueries = () => queries.filter((query) => query.includes('"users"'))

describe('a process that was away for longer than its lease', () => {
  it.each([
    ['it was stopped', { monotonic: longerThanTheLease, wall: longerThanTheLease }],
    ['its machine slept', { monotonic: 0, wall: longerThanTheLease }],
    ['its wall clock was set back meanwhile', { monotonic: longerThanTheLease, wall: -longerThanTheLease }],
  ])('looks at the phases once before it decides: %s', async (_, jump) => {
    const toolkit = await startIn(inSync)
    await moveTo('read-new')
    Object.assign(jumped, jump)
    const read = () => toolkit.repository(users).findFirst()
    expect(await Promise.all([read(), read()])).toEqual([
      { id: 1, fullName: 'new' },
      { id: 1, fullName: 'new' },
    ])
    expect(looks()).toHaveLength(1)
  })

  it.each(['query', 'run', 'transaction'] as const)('waits in %s, too', async (entry) => {
    const toolkit = await startIn(inSync)
    await moveTo('read-new')
    wakeAfter(longerThanTheLease)
    const read = () => toolkit.repository(users).findFirst()
    const entries = {
      query: () => toolkit.query(({ users: table, db }) => db.select().from(table)).then(([row]) => row),
      run: () => toolkit.run({}, () => toolkit.resolve(users)).then(read),
      transaction: () => toolkit.transaction(read),
    }
    expect(await entries[entry]()).toEqual({ id: 1, fullName: 'new' })
    expect(queries[0]).toContain('from "expand_contract"."changes"')
  })

  it('rejects where the phases cannot be read, and sends nothing', async () => {
    const toolkit = await startIn(inSync)
    await session.client.query('ALTER TABLE expand_contract.changes RENAME TO away')
    wakeAfter(longerThanTheLease)
    await expect(toolkit.repository(users).findFirst()).rejects.toMatchObject({
      code: 'EC_VIEW_STALE',
      outcome: 'failed',
      cause: { code: 'EC_CONTROL_MISSING' },
    })
    expect(usersQueries()).toEqual([])
    await session.client.query('ALTER TABLE expand_contract.away RENAME TO changes')
    expect(await toolkit.repository(users).findFirst()).toEqual({ id: 1, fullName: 'old' })
  })

  it('registers itself again with that look, so that others wait for it', async () => {
    const toolkit = await startIn(inSync)
    await session.client.query('DELETE FROM expand_contract.processes')
    wakeAfter(longerThanTheLease)
    await toolkit.repository(users).findFirst()
    expect((await session.client.query('SELECT FROM expand_contract.processes')).rowCount).toBe(1)
  })

  it('does not wait for ever where the database does not answer, and takes no more than two connections', async () => {
    const toolkit = await startIn(inSync, { pollMs: 50, leaseMs: 200 })
    const hanging = async () => (await database.pool.query(waitingForLocks)).rowCount
    await session.client.query('BEGIN; LOCK TABLE expand_contract.changes')
    const read = () => toolkit.repository(users).findFirst()
    await expect.poll(hanging).toBe(2)
    await expect(read()).rejects.toMatchObject({ code: 'EC_VIEW_STALE', cause: { code: 'EC_QUERY_FAILED' } })
    expect(await hanging()).toBe(2)
    await session.client.query('COMMIT')
    await expect.poll(() => read().catch(() => undefined)).toEqual({ id: 1, fullName: 'old' })
  })

  it('throws from resolve, which cannot wait', async () => {
    const toolkit = await startIn(inSync)
    const resolved = toolkit.run({}, () => {
      wakeAfter(longerThanTheLease)
      return toolkit.resolve(users)
    })
    await expect(resolved).rejects.toMatchObject({ code: 'EC_VIEW_STALE', details: { id: 'user-full-name' } })
  })

  it('does not wait inside a transaction, which may hold the only connection', async () => {
    const client = new pg.Pool({ connectionString: database.url, max: 1 })
    const toolkit = await startIn(inSync, { client })
    const first = toolkit.transaction(async () => {
      wakeAfter(longerThanTheLease)
      await toolkit.repository(users).findFirst()
    })
    await expect(first).rejects.toMatchObject({ code: 'EC_VIEW_STALE' })
    for (const one of started.splice(0)) await one.stop()
    await client.end()
  })
})

describe('time that passes without harm', () => {
  it('a look lasts for most of the lease', async () => {
    const toolkit = await startIn(inSync)
    wakeAfter(10_000)
    await toolkit.repository(users).findFirst()
    expect(looks()).toEqual([])
  })

  it('a wall clock that is set back costs nothing', async () => {
    const toolkit = await startIn(inSync)
    jumped.wall -= 86_400_000
    await toolkit.repository(users).findFirst()
    expect(looks()).toEqual([])
  })
})

describe('a unit of work that was open while the process was away', () => {
  /** Reads, sleeps past the lease while the change goes on to read-new, and reads again. */
  async function readAcross(change: Change): Promise<(string | null | undefined)[]> {
    const toolkit = await startIn(change)
    const read = async () => (await toolkit.repository(users).findFirst())?.fullName
    return toolkit.run({}, async () => {
      const before = await read()
      await moveTo('read-new')
      wakeAfter(longerThanTheLease)
      return [before, await read()]
    })
  }

  it('keeps its decision where old is kept in sync', async () => {
    expect(await readAcross(inSync)).toEqual(['old', 'old'])
  })

  it.each([
    ['copy-back is off', withoutCopyBack],
    ['there is no sync trigger', withoutTrigger],
  ])('is refused where %s, and can be repeated', async (_, change) => {
    await expect(readAcross(change)).rejects.toMatchObject({ code: 'EC_VIEW_STALE', outcome: 'failed' })
    expect(usersQueries()).toHaveLength(1)
    const [toolkit] = started as unknown as { repository(table: typeof users): { findFirst(): Promise<unknown> } }[]
    expect(await toolkit!.repository(users).findFirst()).toEqual({ id: 1, fullName: 'new' })
  })
})

describe('after stop', () => {
  it('an answer that was long in coming changes nothing any more', async () => {
    const toolkit = await startIn(inSync, { pollMs: 50, leaseMs: 200 })
    await session.client.query('BEGIN; LOCK TABLE expand_contract.changes')
    await expect.poll(async () => (await database.pool.query(waitingForLocks)).rowCount).toBe(2)
    await toolkit.stop()
    await session.client.query('COMMIT')
    await expect.poll(async () => (await database.pool.query(waitingForLocks)).rowCount).toBe(0)
    await vi.waitUntil(() => database.pool.idleCount === database.pool.totalCount)
    await expect(toolkit.repository(users).findFirst()).rejects.toMatchObject({ code: 'EC_NOT_STARTED' })
    expect((await session.client.query('SELECT FROM expand_contract.processes')).rowCount).toBe(0)
  })

  it('a start that was under way comes to nothing', async () => {
    const toolkit = await startIn(inSync)
    await toolkit.stop()
    await session.client.query('BEGIN; LOCK TABLE expand_contract.processes')
    const waiting = async () => (await database.pool.query(waitingForLocks)).rowCount
    const starting = expect(toolkit.start()).rejects.toMatchObject({ code: 'EC_NOT_STARTED' })
    await expect.poll(waiting).toBe(1)
    const stopping = toolkit.stop()
    await expect.poll(waiting).toBe(2)
    await session.client.query('COMMIT')
    await Promise.all([starting, stopping])
    await expect(toolkit.repository(users).findFirst()).rejects.toMatchObject({ code: 'EC_NOT_STARTED' })
    expect((await session.client.query('SELECT FROM expand_contract.processes')).rowCount).toBe(0)
  })

  it('nothing is decided and nobody is registered again', async () => {
    const toolkit = await startIn(inSync)
    await toolkit.stop()
    await expect(toolkit.repository(users).findFirst()).rejects.toMatchObject({ code: 'EC_NOT_STARTED' })
    await expect(toolkit.refresh()).rejects.toMatchObject({ code: 'EC_NOT_STARTED' })
    expect((await session.client.query('SELECT FROM expand_contract.processes')).rowCount).toBe(0)
  })
})
