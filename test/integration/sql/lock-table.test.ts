import type { PoolClient } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ExpandContractError } from '../../../src/errors/index.ts'
import { lockPolicy, withTableLocks } from '../../../src/sql/lock-table.ts'
import { backendPid } from '../../support/blocked.ts'
import { createTestDatabase } from '../../support/database.ts'

const database = await createTestDatabase()
const table = { schema: 'public', name: 'items' }
const write = 'INSERT INTO items DEFAULT VALUES'
let [client, blocker, other]: PoolClient[] = []

beforeAll(async () => {
  ;[client, blocker, other] = await Promise.all([1, 2, 3].map(() => database.pool.connect()))
  await database.pool.query(`
    CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY);
    CREATE TABLE steps (note text);
    CREATE TABLE parts (id int) PARTITION BY LIST (id);
    CREATE TABLE part_one PARTITION OF parts FOR VALUES IN (1)`)
})
afterAll(() => {
  for (const each of [client, blocker, other]) each?.release()
})

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('work runs in one transaction that holds the lock, and gives its result', async () => {
  const result = await withTableLocks(client!, {
    tables: [table],
    mode: 'SHARE ROW EXCLUSIVE',
    before: () => client!.query(`INSERT INTO steps VALUES ('before')`),
    work: async () => {
      const { rows } = await client!.query<{ mode: string }>(
        `SELECT mode FROM pg_locks WHERE relation = 'items'::regclass AND pid = pg_backend_pid()`,
      )
      return rows[0]?.mode
    },
  })
  expect(result).toBe('ShareRowExclusiveLock')
  expect((await other!.query('SELECT note FROM steps')).rows).toEqual([{ note: 'before' }])
  await other!.query('TRUNCATE steps')
})

test('every attempt begins anew, and between two nothing is held, not even what came before the table', async () => {
  await blocker!.query('BEGIN')
  await blocker!.query(write)
  await other!.query(`INSERT INTO steps VALUES ('row of the change')`)
  let [begun, refused] = [0, 0]
  const locked = withTableLocks(client!, {
    tables: [table],
    mode: 'ACCESS EXCLUSIVE',
    before: async () => {
      begun += 1
      await client!.query('SELECT FROM steps FOR UPDATE')
    },
    work: async () => 'done',
    onBlocked: () => {
      refused += 1
    },
  })
  // Held throughout, the row could never be had at once; it is free for most of each pause.
  let had = 0
  while (had < 3 || refused < 5) {
    const missing = await other!.query('SELECT FROM steps FOR UPDATE SKIP LOCKED')
    had += missing.rowCount ?? 0
  }
  await blocker!.query('COMMIT')
  expect(await locked).toBe('done')
  expect(begun).toBe(refused + 1)
  await other!.query('TRUNCATE steps')
})

test('at the limit the blockers are named, without what they do', async () => {
  await blocker!.query(`SET application_name = 'nightly report'`)
  await blocker!.query('BEGIN')
  await blocker!.query(`SELECT 'canary' FROM items`)
  const error = await caught(
    withTableLocks(client!, { tables: [table], mode: 'ACCESS EXCLUSIVE', totalMs: 100, work: async () => undefined }),
  )
  await blocker!.query('COMMIT')
  await blocker!.query('RESET application_name')
  expect(error).toBeInstanceOf(ExpandContractError)
  const { code, message } = error as ExpandContractError
  expect(code).toBe('EC_LOCK_TIMEOUT')
  expect(message).toContain('"public"."items"')
  expect(message).toMatch(
    new RegExp(`pid ${await backendPid(blocker!)} \\(nightly report\\), idle in transaction for 0\\.\\d s`),
  )
  expect(message).not.toContain('canary')
})

test('a lock on a single partition is in the way of its table, and is named', async () => {
  await blocker!.query('BEGIN')
  await blocker!.query('INSERT INTO part_one VALUES (1)')
  const parts = { schema: 'public', name: 'parts' }
  const error = await caught(
    withTableLocks(client!, { tables: [parts], mode: 'SHARE ROW EXCLUSIVE', totalMs: 50, work: async () => undefined }),
  )
  await blocker!.query('COMMIT')
  expect((error as ExpandContractError).message).toContain(`pid ${await backendPid(blocker!)} `)
})

/** Seeks a lock while two sessions write in turn, so that from before to after one of them has a transaction open. */
async function underSaturation<Result>(seek: () => Promise<Result>): Promise<Result> {
  let over = false
  let [holding, next] = [blocker!, other!]
  await holding.query('BEGIN')
  await holding.query(write)
  const outcome = seek().finally(() => {
    over = true
  })
  while (!over) {
    await next.query('BEGIN')
    const written = next.query(write)
    // The next one has its lock, or waits behind us: only then does this one let go.
    await Promise.race([written, new Promise((resolve) => setTimeout(resolve, 5))])
    await holding.query('COMMIT')
    await written
    ;[holding, next] = [next, holding]
  }
  await holding.query('COMMIT')
  return outcome
}

test('under saturation the lock is had by queueing for a moment', async () => {
  const locked = await underSaturation(() =>
    withTableLocks(client!, {
      tables: [table],
      mode: 'SHARE ROW EXCLUSIVE',
      totalMs: 5_000,
      work: async () => 'done',
    }),
  )
  expect(locked).toBe('done')
})

test('under saturation probing alone never gets the lock', async () => {
  const refusal = await underSaturation(() =>
    caught(
      withTableLocks(client!, {
        tables: [table],
        mode: 'SHARE ROW EXCLUSIVE',
        totalMs: 500,
        policy: { ...lockPolicy, queueMs: [0, 0] },
        work: async () => 'done',
      }),
    ),
  )
  expect(refusal).toMatchObject({ code: 'EC_LOCK_TIMEOUT' })
})

test('what work locks besides is tried again from the start', async () => {
  await blocker!.query('BEGIN')
  await blocker!.query('LOCK TABLE steps IN ACCESS EXCLUSIVE MODE')
  let runs = 0
  const locked = withTableLocks(client!, {
    tables: [table],
    mode: 'SHARE ROW EXCLUSIVE',
    work: async () => {
      runs += 1
      await client!.query(write)
      await client!.query(`INSERT INTO steps VALUES ('work')`)
      return client!.query('SELECT FROM steps')
    },
    onBlocked: () => {
      if (runs === 2) void blocker!.query('COMMIT')
    },
  })
  expect((await locked).rowCount).toBe(1)
  expect(runs).toBeGreaterThan(2)
  await other!.query('TRUNCATE steps')
})

test('another failure undoes everything and leaves the connection usable', async () => {
  const error = await caught(
    withTableLocks(client!, {
      tables: [table],
      mode: 'ACCESS EXCLUSIVE',
      before: () => client!.query(`INSERT INTO steps VALUES ('undone')`),
      work: () => client!.query('SELECT 1 / 0'),
    }),
  )
  expect(error).toMatchObject({ code: '22012' })
  expect((await client!.query('SELECT FROM steps')).rowCount).toBe(0)
})

test('the transaction is READ COMMITTED whatever the default of the session', async () => {
  await client!.query('SET default_transaction_isolation = serializable')
  const isolation = await withTableLocks(client!, {
    tables: [],
    mode: 'ACCESS EXCLUSIVE',
    work: async () => (await client!.query('SHOW transaction_isolation')).rows,
  })
  await client!.query('RESET default_transaction_isolation')
  expect(isolation).toEqual([{ transaction_isolation: 'read committed' }])
})

test('an interruption ends the attempts', async () => {
  await blocker!.query('BEGIN')
  await blocker!.query(write)
  const interruption = new AbortController()
  const error = await caught(
    withTableLocks(client!, {
      tables: [table],
      mode: 'ACCESS EXCLUSIVE',
      work: async () => undefined,
      signal: interruption.signal,
      onBlocked: () => interruption.abort(),
    }),
  )
  await blocker!.query('COMMIT')
  expect(error).toMatchObject({ name: 'AbortError' })
})
