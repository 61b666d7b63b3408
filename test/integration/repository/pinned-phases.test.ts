import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres'
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { describe, expect, it, onTestFinished } from 'vitest'
import { phasePin } from '../../../src/control/phase-pin.ts'
import { lockOutPins } from '../../../src/sql/pin.ts'
import { createToolkit } from '../../../src/toolkit/index.ts'
import { barrier, changes, createStage, moveTo, type Stage, schema, startProcess, stored } from './support/strict.ts'

type Process = Awaited<ReturnType<typeof startProcess>>

/** A transaction that is under way until it is told to end. */
async function openTransaction(
  { toolkit, users }: Process,
  work = () => users.insert({ email: 'a@x', fullName: 'Ada' }) as Promise<unknown>,
) {
  const [begun, ended] = [barrier(), barrier()]
  onTestFinished(ended.open)
  const transaction = toolkit.transaction(async () => {
    await work()
    begun.open()
    await ended.reached
  })
  await begun.reached
  return {
    async end() {
      ended.open()
      await transaction
    },
  }
}

async function phaseOf({ target }: Stage): Promise<string> {
  const { rows } = await target.session.client.query<{ phase: string }>('SELECT phase FROM expand_contract.changes')
  return rows[0]!.phase
}

/** Waits until a writer queues for the pin. */
async function untilQueued({ database }: Stage, isOver = () => false): Promise<void> {
  while (!isOver()) {
    const { rowCount } = await database.pool.query(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND NOT granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    )
    if (rowCount !== 0) return
    await delay(5)
  }
}

describe('a transition', () => {
  it('waits for a transaction that has written, and names it', async () => {
    const stage = await createStage()
    const process = await startProcess(stage, 'nightly import')
    const open = await openTransaction(process)
    await expect(moveTo(stage, 'dual-write', 100)).rejects.toMatchObject({
      code: 'EC_LOCK_TIMEOUT',
      message: expect.stringMatching(
        /^The lock on the phase of change "[\w-]+" .*; in the way: pid \d+ \(nightly import\), idle in transaction for \d/,
      ),
    })
    expect(await phaseOf(stage)).toBe('expanded')
    const moved = moveTo(stage, 'dual-write')
    await open.end()
    await moved
    expect(await phaseOf(stage)).toBe('dual-write')
  })

  it('makes nobody wait behind it for a transaction that lasts', async () => {
    const stage = await createStage()
    const process = await startProcess(stage)
    const open = await openTransaction(process)
    let moved = false
    const moving = moveTo(stage, 'dual-write').then(() => {
      moved = true
    })
    for (let number = 0; number < 50; number += 1)
      await process.users.insert({ email: `${number}@x`, fullName: `${number}` })
    expect(moved).toBe(false)
    await open.end()
    await moving
  })

  it('gets its turn in a stream of writers of which one is always under way', async () => {
    const stage = await createStage()
    const process = await startProcess(stage)
    let moved = false
    const moving = moveTo(stage, 'dual-write').finally(() => {
      moved = true
    })
    let transactions = 0
    let open = await openTransaction(process, async () => undefined)
    while (!moved) {
      transactions += 1
      let isPinned = false
      const next = openTransaction(process, async () => {
        isPinned = true
      })
      // The next one has pinned the phase, or waits behind the transition: only then does this one end.
      await Promise.race([next, untilQueued(stage, () => isPinned)])
      await open.end()
      open = await next
    }
    await open.end()
    await moving
    expect(transactions).toBeGreaterThan(1)
  })

  it('waits for a transaction whose savepoints were rolled back', async () => {
    const stage = await createStage()
    const process = await startProcess(stage)
    const { toolkit, users } = process
    const open = await openTransaction(process, () =>
      toolkit
        .transaction(async () => {
          await users.insert({ email: 'a@x', fullName: 'Ada' })
          throw new Error('undo')
        })
        .catch(() => undefined),
    )
    await expect(moveTo(stage, 'dual-write', 50)).rejects.toMatchObject({ code: 'EC_LOCK_TIMEOUT' })
    await open.end()
  })

  it('does not wait for reads', async () => {
    const stage = await createStage()
    const { toolkit, users } = await startProcess(stage)
    await toolkit.run({}, async () => {
      await users.count()
      await moveTo(stage, 'dual-write')
    })
  })

  it('of which a writer has had to wait is seen by it', async () => {
    const stage = await createStage()
    const { users } = await startProcess(stage)
    const { client } = stage.target.session
    await client.query('BEGIN')
    await lockOutPins(client, phasePin('user-full-name'))
    const inserted = users.insert({ email: 'a@x', fullName: 'Ada' })
    await untilQueued(stage)
    await client.query(`UPDATE expand_contract.changes SET phase = 'dual-write', epoch = epoch + 1`)
    await client.query('COMMIT')
    await inserted
    expect(await stored(stage)).toEqual([{ email: 'a@x', name: 'Ada', full_name: 'Ada' }])
  })
})

describe.each(['repeatable read', 'serializable'] as const)('in %s', (isolationLevel) => {
  it('a transaction writes by the phase of now, and holds up transitions', async () => {
    const stage = await createStage()
    const { toolkit, users } = await startProcess(stage)
    await moveTo(stage, 'dual-write')
    const [begun, ended] = [barrier(), barrier()]
    onTestFinished(ended.open)
    const writing = toolkit.transaction(
      async () => {
        await users.insert({ email: 'a@x', fullName: 'Ada' })
        begun.open()
        await ended.reached
      },
      { isolationLevel },
    )
    await begun.reached
    await expect(moveTo(stage, 'read-switch', 50)).rejects.toMatchObject({ code: 'EC_LOCK_TIMEOUT' })
    ended.open()
    await writing
    await moveTo(stage, 'read-switch')
    expect(await stored(stage)).toEqual([{ email: 'a@x', name: 'Ada', full_name: 'Ada' }])
  })

  it('a transaction whose snapshot is older than a transition fails as one that may be repeated', async () => {
    const stage = await createStage()
    const { toolkit, users } = await startProcess(stage)
    const { client } = stage.target.session
    const write = () =>
      toolkit.transaction(async () => void (await users.insert({ email: 'a@x', fullName: 'Ada' })), { isolationLevel })
    await client.query('BEGIN')
    await lockOutPins(client, phasePin('user-full-name'))
    const early = write().catch((error: unknown) => error)
    await untilQueued(stage)
    await client.query(`UPDATE expand_contract.changes SET phase = 'dual-write', epoch = epoch + 1`)
    await client.query('COMMIT')
    expect(await early).toMatchObject({ code: 'EC_QUERY_FAILED', cause: { code: '40001' } })
    await write()
    expect(await stored(stage)).toEqual([{ email: 'a@x', name: 'Ada', full_name: 'Ada' }])
  })
})

describe('elsewhere', () => {
  it('postgres.js does what node-postgres does', async () => {
    const stage = await createStage()
    const client = postgres(stage.database.url, { max: 2 })
    const toolkit = createToolkit({
      db: drizzle({ client }),
      schema,
      changes,
      log: () => undefined,
      pollMs: 300_000,
      leaseMs: 900_000,
    })
    await toolkit.start()
    onTestFinished(async () => {
      await toolkit.stop()
      await client.end()
    })
    const users = toolkit.repository(schema.users)
    await moveTo(stage, 'dual-write')
    await users.insert({ email: 'a@x', fullName: 'Ada' })
    await toolkit.transaction(async () => {
      await users.upsert({ email: 'b@x', fullName: 'Ada' }, { target: 'fullName' })
      await expect(moveTo(stage, 'read-switch', 50)).rejects.toMatchObject({ code: 'EC_LOCK_TIMEOUT' })
    })
    expect(await stored(stage)).toEqual([{ email: 'b@x', name: 'Ada', full_name: 'Ada' }])
  })

  it('a session whose default is read only reads in transactions', async () => {
    const stage = await createStage()
    const { toolkit, users, pool } = await startProcess(stage)
    for (const isolationLevel of ['read committed', 'repeatable read'] as const) {
      await pool.query('SET default_transaction_read_only = on')
      const [{ transaction_read_only: isReadOnly }] = await toolkit.transaction(
        async (tx) => {
          expect(await users.count()).toBe(0)
          return (await tx.execute<{ transaction_read_only: string }>(sql`SHOW transaction_read_only`)).rows as [
            { transaction_read_only: string },
          ]
        },
        { isolationLevel },
      )
      expect(isReadOnly).toBe('on')
      await pool.query('RESET default_transaction_read_only')
    }
  })

  it('without control tables there is nothing to pin', async () => {
    const stage = await createStage()
    await stage.target.session.client.query('DROP SCHEMA expand_contract CASCADE')
    const wire: string[] = []
    const toolkit = createToolkit({
      db: drizzlePg({ client: stage.database.pool, logger: { logQuery: (query) => void wire.push(query) } }),
      schema,
      changes,
      control: 'optional',
      log: () => undefined,
    })
    await toolkit.start()
    onTestFinished(() => toolkit.stop())
    await toolkit.repository(schema.users).insert({ email: 'a@x', fullName: 'Ada' })
    expect(wire.filter((query) => /begin|pin_phase/.test(query))).toEqual([])
    expect(await stored(stage)).toEqual([{ email: 'a@x', name: 'Ada', full_name: 'Ada' }])
  })
})
