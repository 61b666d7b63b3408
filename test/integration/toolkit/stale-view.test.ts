import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Change } from '../../../src/change/change.ts'
import { inSync, openStage, users, withoutCopyBack, withoutTrigger } from './stage.ts'

const longerThanTheLease = 16_000
const realClocks = { monotonic: performance.now.bind(performance), wall: Date.now }
/** How far each clock has jumped ahead of the real one. */
const jumped = { monotonic: 0, wall: 0 }

beforeEach(() => {
  Object.assign(jumped, { monotonic: 0, wall: 0 })
  vi.spyOn(performance, 'now').mockImplementation(() => realClocks.monotonic() + jumped.monotonic)
  vi.spyOn(Date, 'now').mockImplementation(() => realClocks.wall() + jumped.wall)
  return () => vi.restoreAllMocks()
})

const stage = openStage()
afterEach(() => stage.session.client.query('ALTER TABLE IF EXISTS expand_contract.away RENAME TO changes'))

/** As SIGSTOP does it: both clocks ran on, and the process did not. */
function wakeAfter(ms: number): void {
  jumped.monotonic += ms
  jumped.wall += ms
}

const waitingForLocks = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
const looks = () => stage.queries.filter((query) => query.includes('from "expand_contract"."changes"'))
const usersQueries = () => stage.queries.filter((query) => query.includes('"users"'))

describe('a process that was away for longer than its lease', () => {
  it.each([
    ['it was stopped', { monotonic: longerThanTheLease, wall: longerThanTheLease }],
    ['its machine slept', { monotonic: 0, wall: longerThanTheLease }],
    ['its wall clock was set back meanwhile', { monotonic: longerThanTheLease, wall: -longerThanTheLease }],
  ])('looks at the phases, and again once it can be seen, before it decides: %s', async (_, jump) => {
    const toolkit = await stage.startIn(inSync)
    await stage.moveTo('read-new')
    Object.assign(jumped, jump)
    const read = () => toolkit.repository(users).findFirst()
    expect(await Promise.all([read(), read()])).toEqual([
      { id: 1, fullName: 'new' },
      { id: 1, fullName: 'new' },
    ])
    expect(looks()).toHaveLength(2)
  })

  it.each(['query', 'run', 'transaction'] as const)('waits in %s, too', async (entry) => {
    const toolkit = await stage.startIn(inSync)
    await stage.moveTo('read-new')
    wakeAfter(longerThanTheLease)
    const read = () => toolkit.repository(users).findFirst()
    const entries = {
      query: () => toolkit.query(({ users: table, db }) => db.select().from(table)).then(([row]) => row),
      run: () => toolkit.run({}, () => toolkit.resolve(users)).then(read),
      transaction: () => toolkit.transaction(read),
    }
    expect(await entries[entry]()).toEqual({ id: 1, fullName: 'new' })
    expect(stage.queries[0]).toContain('from "expand_contract"."changes"')
  })

  it('rejects where the phases cannot be read, and sends nothing', async () => {
    const toolkit = await stage.startIn(inSync)
    await stage.session.client.query('ALTER TABLE expand_contract.changes RENAME TO away')
    wakeAfter(longerThanTheLease)
    await expect(toolkit.repository(users).findFirst()).rejects.toMatchObject({
      code: 'EC_VIEW_STALE',
      outcome: 'failed',
      cause: { code: 'EC_CONTROL_MISSING' },
    })
    expect(usersQueries()).toEqual([])
    await stage.session.client.query('ALTER TABLE expand_contract.away RENAME TO changes')
    expect(await toolkit.repository(users).findFirst()).toEqual({ id: 1, fullName: 'old' })
  })

  it('registers itself again with that look, so that others wait for it', async () => {
    const toolkit = await stage.startIn(inSync)
    await stage.session.client.query('DELETE FROM expand_contract.processes')
    wakeAfter(longerThanTheLease)
    await toolkit.repository(users).findFirst()
    expect((await stage.session.client.query('SELECT FROM expand_contract.processes')).rowCount).toBe(1)
  })

  it('does not wait for ever where the database does not answer, and takes no more than two connections', async () => {
    const toolkit = await stage.startIn(inSync, { pollMs: 50, leaseMs: 200 })
    const hanging = async () => (await stage.database.pool.query(waitingForLocks)).rowCount
    await stage.session.client.query('BEGIN; LOCK TABLE expand_contract.changes')
    const read = () => toolkit.repository(users).findFirst()
    await expect.poll(hanging).toBe(2)
    await expect(read()).rejects.toMatchObject({ code: 'EC_VIEW_STALE', cause: { code: 'EC_QUERY_FAILED' } })
    expect(await hanging()).toBe(2)
    await stage.session.client.query('COMMIT')
    await expect.poll(() => read().catch(() => undefined)).toEqual({ id: 1, fullName: 'old' })
  })

  it('throws from resolve, which cannot wait', async () => {
    const toolkit = await stage.startIn(inSync)
    const resolved = toolkit.run({}, () => {
      wakeAfter(longerThanTheLease)
      return toolkit.resolve(users)
    })
    await expect(resolved).rejects.toMatchObject({ code: 'EC_VIEW_STALE', details: { id: 'user-full-name' } })
  })

  it('does not wait inside a transaction, which may hold the only connection', async () => {
    const client = new pg.Pool({ connectionString: stage.database.url, max: 1 })
    const toolkit = await stage.startIn(inSync, { client })
    const first = toolkit.transaction(async () => {
      wakeAfter(longerThanTheLease)
      await toolkit.repository(users).findFirst()
    })
    await expect(first).rejects.toMatchObject({ code: 'EC_VIEW_STALE' })
    for (const one of stage.started.splice(0)) await one.stop()
    await client.end()
  })
})

describe('time that passes without harm', () => {
  it('a look lasts for most of the lease', async () => {
    const toolkit = await stage.startIn(inSync)
    wakeAfter(10_000)
    await toolkit.repository(users).findFirst()
    expect(looks()).toEqual([])
  })

  it('a wall clock that is set back costs nothing', async () => {
    const toolkit = await stage.startIn(inSync)
    jumped.wall -= 86_400_000
    await toolkit.repository(users).findFirst()
    expect(looks()).toEqual([])
  })
})

describe('a unit of work that was open while the process was away', () => {
  /** Reads, sleeps past the lease while the change goes on to read-new, and reads again. */
  async function readAcross(change: Change): Promise<(string | null | undefined)[]> {
    const toolkit = await stage.startIn(change)
    const read = async () => (await toolkit.repository(users).findFirst())?.fullName
    return toolkit.run({}, async () => {
      const before = await read()
      await stage.moveTo('read-new')
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
    const [toolkit] = stage.started as unknown as {
      repository(table: typeof users): { findFirst(): Promise<unknown> }
    }[]
    expect(await toolkit!.repository(users).findFirst()).toEqual({ id: 1, fullName: 'new' })
  })
})

describe('a read that was under way while the process was away', () => {
  /** It is sent, the process stands still for longer than its lease, and the answer comes. */
  async function readAcross(change: Change, kind: 'findFirst' | 'query' | 'transaction', meanwhile = async () => {}) {
    const toolkit = await stage.startIn(change)
    const findFirst = () => toolkit.repository(users).findFirst()
    const kinds = {
      findFirst,
      query: () => toolkit.query(({ users: table, db }) => db.select().from(table)).then(([row]) => row),
      transaction: () => toolkit.transaction(findFirst, { accessMode: 'read only' }),
    }
    await stage.session.client.query('BEGIN; LOCK TABLE users')
    const reading = kinds[kind]()
    reading.catch(() => undefined)
    await expect.poll(async () => (await stage.database.pool.query(waitingForLocks)).rowCount).toBe(1)
    wakeAfter(longerThanTheLease)
    await meanwhile()
    await stage.session.client.query('COMMIT')
    return { reading, again: kinds[kind] }
  }

  const kinds = ['findFirst', 'query', 'transaction'] as const
  const unkept = { 'copy-back is off': withoutCopyBack, 'there is no sync trigger': withoutTrigger }

  it.each(Object.entries(unkept).flatMap(([why, change]) => kinds.map((kind) => [kind, why, change] as const)))(
    '%s: is discarded where %s, and can be repeated',
    async (kind, _, change) => {
      const { reading, again } = await readAcross(change, kind)
      await expect(reading).rejects.toMatchObject({ code: 'EC_VIEW_STALE', outcome: 'failed' })
      expect(await again()).toEqual({ id: 1, fullName: 'old' })
    },
  )

  it('is discarded also where the process has looked at the phases before the answer came', async () => {
    const { reading } = await readAcross(withoutCopyBack, 'findFirst', async () => {
      for (const toolkit of stage.started) await (toolkit as unknown as { refresh(): Promise<void> }).refresh()
    })
    await expect(reading).rejects.toMatchObject({ code: 'EC_VIEW_STALE' })
  })

  it.each(kinds)('%s: is returned where old is kept in sync', async (kind) => {
    const { reading } = await readAcross(inSync, kind)
    expect(await reading).toEqual({ id: 1, fullName: 'old' })
  })

  it('is returned inside a transaction that has pinned the phase', async () => {
    const toolkit = await stage.startIn(withoutTrigger)
    const read = toolkit.transaction(async () => {
      const reading = toolkit.repository(users).findFirst()
      wakeAfter(longerThanTheLease)
      return reading
    })
    expect(await read).toEqual({ id: 1, fullName: 'old' })
  })
})

describe('after stop', () => {
  it('an answer that was long in coming changes nothing any more', async () => {
    const toolkit = await stage.startIn(inSync, { pollMs: 50, leaseMs: 200 })
    await stage.session.client.query('BEGIN; LOCK TABLE expand_contract.changes')
    await expect.poll(async () => (await stage.database.pool.query(waitingForLocks)).rowCount).toBe(2)
    await toolkit.stop()
    await stage.session.client.query('COMMIT')
    await expect.poll(async () => (await stage.database.pool.query(waitingForLocks)).rowCount).toBe(0)
    await vi.waitUntil(() => stage.database.pool.idleCount === stage.database.pool.totalCount)
    await expect(toolkit.repository(users).findFirst()).rejects.toMatchObject({ code: 'EC_NOT_STARTED' })
    expect((await stage.session.client.query('SELECT FROM expand_contract.processes')).rowCount).toBe(0)
  })

  it('a start that was under way comes to nothing', async () => {
    const toolkit = await stage.startIn(inSync)
    await toolkit.stop()
    await stage.session.client.query('BEGIN; LOCK TABLE expand_contract.processes')
    const waiting = async () => (await stage.database.pool.query(waitingForLocks)).rowCount
    const starting = expect(toolkit.start()).rejects.toMatchObject({ code: 'EC_NOT_STARTED' })
    await expect.poll(waiting).toBe(1)
    const stopping = toolkit.stop()
    await stage.session.client.query('COMMIT')
    await Promise.all([starting, stopping])
    await expect(toolkit.repository(users).findFirst()).rejects.toMatchObject({ code: 'EC_NOT_STARTED' })
    expect((await stage.session.client.query('SELECT FROM expand_contract.processes')).rowCount).toBe(0)
  })

  it('nothing is decided and nobody is registered again', async () => {
    const toolkit = await stage.startIn(inSync)
    await toolkit.stop()
    await expect(toolkit.repository(users).findFirst()).rejects.toMatchObject({ code: 'EC_NOT_STARTED' })
    await expect(toolkit.refresh()).rejects.toMatchObject({ code: 'EC_NOT_STARTED' })
    expect((await stage.session.client.query('SELECT FROM expand_contract.processes')).rowCount).toBe(0)
  })
})
