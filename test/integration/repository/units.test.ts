import { eq, sql } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ExpandContractError } from '../../../src/errors/index.ts'
import type { FlagContext } from '../../../src/flags/port.ts'
import { createRepositories, type Decider, type UnitOfWork } from '../../../src/repository/index.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { decisionIn } from './support/phases.ts'
import { createUsers, posts, userFullName, users } from './support/users.ts'

/** A phase that the test moves, and what the deciding side was asked. */
class MovingPhase implements Decider {
  phase: 'dual-write' | 'new-only' = 'dual-write'
  readonly asked: (FlagContext | undefined)[] = []

  decide(_change: unknown, context: FlagContext | undefined) {
    this.asked.push(context)
    return decisionIn({ phase: this.phase })
  }
}

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
})

function setUp() {
  const decider = new MovingPhase()
  const open = new Set<UnitOfWork>()
  const observer = {
    opened: (unit: UnitOfWork) => void open.add(unit),
    closed: (unit: UnitOfWork) => void open.delete(unit),
  }
  const toolkit = createRepositories({
    db: wired.db,
    schema: { users, posts },
    changes: { userFullName },
    decider,
    observer,
  })
  return { decider, open, toolkit, repository: toolkit.repository(users) }
}

const reads = (): string[] =>
  wired.wire.map(({ sql }) => /select "(name|full_name)"/.exec(sql)?.[1]).filter((name) => name !== undefined)

beforeEach(async () => {
  await createUsers(wired.pool, { columns: ['old', 'new'] })
  wired.wire.length = 0
})

describe('a unit of work', () => {
  it('is one call, where nothing is around it', async () => {
    const { decider, open, repository } = setUp()
    const call = repository.findMany({ columns: { fullName: true } })
    expect([...open].map((unit) => unit.decisions.get('user-full-name')?.phase)).toEqual(['dual-write'])
    decider.phase = 'new-only'
    await call
    expect(open.size).toBe(0)
    await repository.findMany({ columns: { fullName: true } })
    expect(reads()).toEqual(['name', 'full_name'])
    expect(decider.asked).toEqual([undefined, undefined])
  })

  it('keeps its decision when the phase moves while it is open', async () => {
    const { decider, open, toolkit, repository } = setUp()
    await toolkit.run({ userId: 1 }, async () => {
      await repository.findMany({ columns: { fullName: true } })
      decider.phase = 'new-only'
      await repository.findMany({ columns: { fullName: true } })
      await toolkit.transaction(() => repository.findMany({ columns: { fullName: true } }))
      await toolkit.run({ userId: 2 }, () => repository.findMany({ columns: { fullName: true } }))
      await toolkit.query(({ users, db }) => db.select({ fullName: users.fullName }).from(users))
      const u = toolkit.resolve(users)
      await u.db.select({ fullName: u.from.fullName }).from(u.from)
      expect(open.size).toBe(1)
    })
    expect(open.size).toBe(0)
    expect(reads()).toEqual(['name', 'name', 'name', 'name', 'name', 'name'])
    expect(decider.asked).toEqual([{ userId: 1 }])
  })

  it('follows asynchronous work, and two of them at once do not mix', async () => {
    const { decider, toolkit, repository } = setUp()
    const read = () => repository.findMany({ columns: { fullName: true } })
    let release = (): void => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const first = toolkit.run({ userId: 1 }, async () => {
      await read()
      await released
      await read()
    })
    while (reads().length < 1) await new Promise(setImmediate)
    decider.phase = 'new-only'
    await toolkit.run({ userId: 2 }, read)
    release()
    await first
    expect(reads()).toEqual(['name', 'full_name', 'name'])
  })

  it('pins nothing across the calls and transactions of a long-running one', async () => {
    const { decider, open, toolkit, repository } = setUp()
    const read = () => repository.findMany({ columns: { fullName: true } })
    await toolkit.run(
      { userId: 7 },
      async () => {
        await read()
        decider.phase = 'new-only'
        await read()
        expect(open.size).toBe(0)
        decider.phase = 'dual-write'
        await toolkit.transaction(async () => {
          await read()
          decider.phase = 'new-only'
          await read()
        })
      },
      { longRunning: true },
    )
    expect(reads()).toEqual(['name', 'full_name', 'name', 'name'])
    expect(decider.asked).toEqual([{ userId: 7 }, { userId: 7 }, { userId: 7 }])
  })

  it('stays open for a call that its callback did not wait for', async () => {
    const { open, toolkit, repository } = setUp()
    let forgotten: Promise<unknown> | undefined
    await toolkit.run({}, async () => {
      forgotten = repository.findMany({ columns: { fullName: true } })
    })
    expect(open.size).toBe(1)
    await forgotten
    expect(open.size).toBe(0)
  })

  it('is not joined by what starts after its end', async () => {
    const { decider, toolkit, repository } = setUp()
    let later: (() => Promise<unknown>) | undefined
    await toolkit.run({ userId: 3 }, async () => {
      const { AsyncResource } = await import('node:async_hooks')
      later = AsyncResource.bind(() => repository.findMany({ columns: { fullName: true } }))
      await repository.findMany({ columns: { fullName: true } })
    })
    decider.phase = 'new-only'
    await later!()
    expect(reads()).toEqual(['name', 'full_name'])
  })
})

describe('a transaction', () => {
  it('is joined by repositories and undone as a whole', async () => {
    const { toolkit, repository } = setUp()
    const error = new Error('mine')
    const attempt = toolkit.transaction({ userId: 1 }, async () => {
      await repository.insert({ email: 'a@x', fullName: 'Ada' })
      expect(await repository.count()).toBe(1)
      throw error
    })
    await expect(attempt).rejects.toBe(error)
    expect(await repository.count()).toBe(0)
  })

  it('hands out the transaction of Drizzle', async () => {
    const { toolkit, repository } = setUp()
    await repository.insert({ email: 'a@x', fullName: 'Ada' })
    await toolkit.transaction(async (tx) => {
      await tx.update(posts).set({ title: 'x' })
      await repository.update({ fullName: 'Bob' }, (user) => eq(user.id, 1))
      const inside = await tx.execute(sql`select name from users`)
      expect(inside.rows).toEqual([{ name: 'Bob' }])
    })
  })

  it('nests as a savepoint', async () => {
    const { toolkit, repository } = setUp()
    await toolkit.transaction(async () => {
      await repository.insert({ email: 'a@x', fullName: 'Ada' })
      await toolkit
        .transaction(async () => {
          await repository.insert({ email: 'b@x', fullName: 'Bob' })
          throw new Error('only this one')
        })
        .catch(() => {})
      await repository.insert({ email: 'c@x', fullName: 'Cyd' })
    })
    expect((await repository.findMany()).map(({ fullName }) => fullName)).toEqual(['Ada', 'Cyd'])
  })

  it('takes an isolation level, which a nested one cannot', async () => {
    const { toolkit } = setUp()
    await toolkit.transaction(
      async (tx) => {
        const level = await tx.execute(sql`show transaction_isolation`)
        expect(level.rows).toEqual([{ transaction_isolation: 'repeatable read' }])
        await expect(toolkit.transaction(async () => {}, { isolationLevel: 'serializable' })).rejects.toMatchObject({
          code: 'EC_QUERY_MISUSE',
        })
      },
      { isolationLevel: 'repeatable read' },
    )
  })

  it('refuses calls after its end, when its connection is somebody else’s', async () => {
    const { toolkit, repository } = setUp()
    const later: (() => Promise<unknown>)[] = []
    await toolkit.transaction(async () => {
      const { AsyncResource } = await import('node:async_hooks')
      const calls = [
        () => repository.count(),
        () => toolkit.query(({ db, users }) => db.select().from(users)),
        () => toolkit.run({}, () => undefined),
        () => toolkit.transaction(async () => undefined),
      ]
      later.push(...calls.map((call) => AsyncResource.bind(call)))
    })
    for (const call of later) await expect(call()).rejects.toMatchObject({ code: 'EC_TRANSACTION_ENDED' })
  })

  it('reports a serialization failure by its SQLSTATE', async () => {
    const { toolkit, repository } = setUp()
    await repository.insert({ email: 'a@x', fullName: 'Ada' })
    const attempt = toolkit.transaction(
      async () => {
        await repository.count()
        await wired.pool.query(`update users set age = 1`)
        await repository.update({ age: 2 }, (user) => eq(user.id, 1))
      },
      { isolationLevel: 'repeatable read' },
    )
    await expect(attempt).rejects.toMatchObject({ code: 'EC_QUERY_FAILED', cause: { code: '40001' } })
  })
})

describe('resolve', () => {
  it('gives a service the parts of its own statements', async () => {
    const { toolkit } = setUp()
    await toolkit.run({}, async () => {
      const u = toolkit.resolve(users)
      const made = await wired.db
        .insert(u.into)
        .values(
          u.values([
            { email: 'a@x', fullName: 'Ada' },
            { email: 'b@x', fullName: 'Bob' },
          ]),
        )
        .returning(u.returning)
      expect(made.map(({ fullName }) => fullName)).toEqual(['Ada', 'Bob'])
      await wired.db
        .update(u.into)
        .set(u.set({ fullName: 'Ada L.' }))
        .where(eq(u.from.fullName, 'Ada'))
      const upserted = await u.db
        .insert(u.into)
        .values(u.values({ email: 'c@x', fullName: 'Bob' }))
        .onConflictDoUpdate({ target: u.into.fullName, set: u.set({ fullName: sql`gen_random_uuid()` }) })
        .returning(u.returning)
      expect(upserted[0]!.fullName).toMatch(/^[0-9a-f-]{36}$/)
    })
    const physical = await wired.pool.query('select count(*)::int as number from users where name = full_name')
    expect(physical.rows).toEqual([{ number: 2 }])
  })

  it('does not let a database of the caller evaluate an expression twice', async () => {
    const { toolkit } = setUp()
    await toolkit.run({}, async () => {
      const u = toolkit.resolve(users)
      const values = u.values({ email: 'a@x', fullName: sql`gen_random_uuid()` })
      await expect(Promise.resolve().then(() => wired.db.insert(u.into).values(values))).rejects.toMatchObject({
        code: 'EC_QUERY_MISUSE',
      })
      await u.db.insert(u.into).values(values)
    })
    const physical = await wired.pool.query('select count(*)::int as number from users where name = full_name')
    expect(physical.rows).toEqual([{ number: 1 }])
  })

  it('is refused outside a unit of work', () => {
    const { toolkit } = setUp()
    expect(() => toolkit.resolve(users)).toThrow(ExpandContractError)
    expect(() => toolkit.resolve(users)).toThrow(/outside run\(\) and transaction\(\)/)
  })
})
