import { setTimeout as delay } from 'node:timers/promises'
import { createToolkit, renameColumn } from 'drizzle-expand-contract'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { attest } from '../../../src/advance/attest.ts'
import { type Planned, planBack, planNext } from '../../../src/advance/plan.ts'
import { takeBack } from '../../../src/advance/take-back.ts'
import { takeFill } from '../../../src/advance/take-fill.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import { runBackfill } from '../../../src/backfill/index.ts'
import { errorCode } from '../../../src/errors/index.ts'
import type { Phase } from '../../../src/phase/phase.ts'
import { destinations } from '../../../src/phase/transitions.ts'
import { advanceTo, type Renaming, startRenaming } from '../../support/renaming.ts'

const users = pgTable('users', {
  id: serial('id').primaryKey(),
  name: text('name').notNull(),
  fullName: text('full_name').notNull(),
})
const schema = { users }
const userFullName = renameColumn({
  id: 'user-full-name',
  table: users,
  from: 'name',
  to: 'fullName',
  soak: '0',
  sync: 'none',
})
const schemas = {
  before: { users: pgTable('users', { id: serial('id').primaryKey(), name: text('name').notNull() }) },
  during: schema,
  change: userFullName,
}

/** A process of the service; one that is asleep looks at the phases no more, and the registry has forgotten it. */
async function startService({ database }: Renaming, options: { readonly asleep?: boolean } = {}) {
  const toolkit = createToolkit({
    db: drizzle({ client: database.pool }),
    schema,
    changes: { userFullName },
    log: () => undefined,
    pollMs: options.asleep ? 300_000 : 20,
    leaseMs: 900_000,
  })
  await toolkit.start()
  onTestFinished(() => toolkit.stop())
  if (options.asleep) await database.pool.query('DELETE FROM expand_contract.processes')
  return { toolkit, users: toolkit.repository(users) }
}

/** Takes steps until a change is in a phase, and waits for processes and open transactions. Courtesy is overridden. */
async function walk(
  { target }: Renaming,
  { plan, take }: { plan: () => Promise<Planned>; take: () => Promise<unknown> },
  isThere: (planned: Planned) => boolean,
): Promise<void> {
  for (let planned = await plan(); !isThere(planned); planned = await plan()) {
    if (planned.step.kind === 'backfill' && !planned.facts.attested) await attest(target, 'one service, one repository')
    await take().catch((error: unknown) => {
      if (errorCode(error) !== 'EC_GUARD_REFUSED') throw error
      return delay(20)
    })
  }
}

async function forwardTo(renaming: Renaming, phase: Phase): Promise<void> {
  const { target } = renaming
  const take = async () => takeNext(target, await planNext(target), { force: 'test' })
  await walk(renaming, { plan: () => planNext(target), take }, ({ facts }) => facts.phase === phase)
}

async function backTo(renaming: Renaming, phase: Phase): Promise<void> {
  const { target } = renaming
  const take = async () => takeBack(target, await planBack(target), { force: 'test' })
  await walk(renaming, { plan: () => planBack(target), take }, ({ facts }) => facts.phase === phase)
}

async function disagreeing({ database }: Renaming): Promise<number> {
  const { rows } = await database.pool.query('SELECT FROM users WHERE name IS DISTINCT FROM full_name')
  return rows.length
}

describe('writers at work on the whole way', () => {
  /** Writes and reads back what was acknowledged, row by row, until it is told to stop. */
  async function work(
    { toolkit, users: repository }: Awaited<ReturnType<typeof startService>>,
    name: string,
    { isOver, mayReadBack }: { isOver: () => boolean; mayReadBack: boolean },
  ): Promise<ReadonlyMap<number, string | undefined>> {
    const ledger = new Map<number, string | undefined>()
    let id = 0
    for (let number = 0; !isOver(); number += 1) {
      const value = `${name} ${number}`
      const write = {
        insert: async () => {
          ;({ id } = await repository.insert({ fullName: value }))
        },
        update: () => repository.update({ fullName: value }, (user) => eq(user.id, id)),
        updateByValue: () =>
          repository.update({ fullName: value }, (user) => eq(user.fullName, ledger.get(id) ?? 'nobody')),
        upsert: () => repository.upsert({ id, fullName: value }, { target: 'id' }),
        inTransaction: () =>
          toolkit.transaction(async () => {
            const [found] = await repository.findMany({ where: (user) => eq(user.id, id), for: 'update' })
            expect(found?.fullName).toBe(ledger.get(id))
            await repository.update({ fullName: value }, (user) => eq(user.id, id))
          }),
        delete: () => repository.delete((user) => eq(user.id, id)),
      }
      const kinds = [
        'insert',
        'update',
        'updateByValue',
        'inTransaction',
        'insert',
        'upsert',
        'insert',
        'delete',
      ] as const
      const kind = kinds[number % kinds.length]!
      await write[kind]()
      ledger.set(id, kind === 'delete' ? undefined : value)
      if (mayReadBack) {
        const found = await repository.findFirst({ where: (user) => eq(user.id, id) })
        expect(found?.fullName).toBe(ledger.get(id))
      }
      await delay(1)
    }
    return ledger
  }

  it('lose nothing and read nothing stale, forward and back and forward, also one that sleeps all the time', async () => {
    const renaming = await startRenaming(schemas)
    let over = false
    const isOver = () => over
    const asleep = await startService(renaming, { asleep: true })
    const awake = [await startService(renaming), await startService(renaming)]
    const working = Promise.all([
      work(asleep, 'asleep', { isOver, mayReadBack: false }),
      ...awake.map((service, index) => work(service, `awake ${index}`, { isOver, mayReadBack: true })),
    ]).finally(() => {
      over = true
    })
    const walking = async () => {
      await forwardTo(renaming, 'read-switch')
      await backTo(renaming, 'expanded')
      await forwardTo(renaming, 'new-only')
      await backTo(renaming, 'dual-write')
      await forwardTo(renaming, 'read-new')
      await backTo(renaming, 'read-switch')
      await forwardTo(renaming, 'contracted')
    }
    await Promise.all([
      working,
      walking().finally(() => {
        over = true
      }),
    ])
    const { rows } = await renaming.database.pool.query<{ id: number; full_name: string }>(
      'SELECT id, full_name FROM users WHERE id > 20',
    )
    const stored = new Map(rows.map(({ id, full_name }) => [id, full_name]))
    const expected = new Map(
      (await working).flatMap((ledger) => [...ledger]).filter(([, value]) => value !== undefined),
    )
    expect(expected.size).toBeGreaterThan(10)
    expect(stored).toEqual(expected)
  }, 120_000)
})

describe('a fill', () => {
  it('waits for a process that does not write both sides, for open transactions and for an answer, also when asked directly', async () => {
    const renaming = await startRenaming(schemas)
    const { database, target } = renaming
    const service = await startService(renaming, {})
    // By an old release, in a transaction that was open before the change got anywhere.
    const old = await database.pool.connect()
    onTestFinished(() => old.release())
    await old.query(`SET application_name = 'old release'; BEGIN; UPDATE users SET name = 'late' WHERE id = 3`)
    await advanceTo(renaming, 'dual-write')
    const fill = () => takeFill(target, {})
    await expect(fill()).rejects.toMatchObject({
      code: 'EC_GUARD_REFUSED',
      details: { reasons: expect.arrayContaining([expect.stringMatching(/no sync trigger/)]), forceable: false },
    })
    await attest(target, 'looked through pg_stat_activity')
    await service.toolkit.refresh()
    await expect(fill()).rejects.toMatchObject({ message: expect.stringMatching(/old release/) })
    await old.query('COMMIT')
    await fill()
    expect(await disagreeing(renaming)).toBe(0)
    expect((await planNext(target)).step).toEqual({ kind: 'verify' })
  })

  it('forward stops for good once new holds the truth', async () => {
    const renaming = await startRenaming(schemas)
    const { database, target } = renaming
    await forwardTo(renaming, 'dual-write')
    let pages = 0
    const filling = runBackfill(target.session, target.change, target.sides, {
      pageRows: 5,
      onProgress: () => {
        pages += 1
        // Before the next page is sent, and not awaited by it: its lock of the row decides.
        if (pages === 1) void target.session.client.query(`UPDATE expand_contract.changes SET phase = 'read-new'`)
      },
    })
    await expect(filling).rejects.toMatchObject({ code: 'EC_PHASE_FORBIDS' })
    const { rows } = await database.pool.query('SELECT FROM users WHERE full_name IS NOT NULL')
    expect(rows).toHaveLength(5)
  })
})

describe('going back', () => {
  it('leaves new unwritten only once no unit of work may read it any more', async () => {
    const renaming = await startRenaming(schemas)
    const { target } = renaming
    const { toolkit, users: repository } = await startService(renaming)
    await forwardTo(renaming, 'read-switch')
    await toolkit.refresh()
    const ending = Promise.withResolvers<void>()
    const unit = toolkit.run({}, async () => {
      await repository.count()
      await ending.promise
    })
    await backTo(renaming, 'dual-write')
    await toolkit.refresh()
    const plan = await planBack(target)
    expect(plan.blockers).toMatchObject([
      { kind: 'safety', reason: expect.stringContaining('is at "dual-write" up to "read-switch"') },
    ])
    await expect(takeBack(target, plan, { force: 'test' })).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    ending.resolve()
    await unit
    await toolkit.refresh()
    await takeBack(target, await planBack(target))
    expect((await planNext(target)).facts.phase).toBe('expanded')
  })
})

describe('the proof that both sides agree', () => {
  it('begins anew where writers may have written old alone: dual-write, expanded, dual-write', async () => {
    const renaming = await startRenaming(schemas)
    const { target } = renaming
    const { users: repository } = await startService(renaming, { asleep: true })
    await forwardTo(renaming, 'read-switch')
    await backTo(renaming, 'expanded')
    expect((await planNext(target)).facts).toMatchObject({ syncSince: null, verifiedEpoch: null, backfillDone: false })
    await repository.update({ fullName: 'old alone' }, (user) => eq(user.id, 3))
    await advanceTo(renaming, 'dual-write')
    const plan = await planNext(target)
    expect(plan.step).toEqual({ kind: 'backfill' })
    expect(plan.facts).toMatchObject({ attested: false, drain: undefined })
    await forwardTo(renaming, 'read-switch')
    expect(await disagreeing(renaming)).toBe(0)
    expect(await repository.findFirst({ where: (user) => eq(user.id, 3) })).toMatchObject({ fullName: 'old alone' })
  })

  it('cannot be given up once the handover has made new NOT NULL, as nothing else would fill it', async () => {
    const renaming = await startRenaming(schemas)
    const { target } = renaming
    await forwardTo(renaming, 'new-only')
    await backTo(renaming, 'dual-write')
    const back = takeBack(target, await planBack(target), { force: 'test' })
    await expect(back).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED', message: expect.stringMatching(/handover/) })
  })

  it('is not skipped by a step over several phases: there is none', () => {
    expect(destinations('new-only')).toEqual(['contracted', 'read-new'])
    expect(destinations('read-new')).toEqual(['new-only', 'read-switch'])
    expect(destinations('read-switch')).toEqual(['read-new', 'dual-write'])
  })

  it('of old is brought before old is read again, after new was written alone', async () => {
    const renaming = await startRenaming(schemas)
    const { target } = renaming
    const { users: repository } = await startService(renaming)
    await forwardTo(renaming, 'new-only')
    await repository.update({ fullName: 'new alone' }, (user) => eq(user.id, 3))
    expect(await disagreeing(renaming)).toBe(1)
    await takeBack(target, await planBack(target))
    const plan = await planBack(target)
    expect(plan.facts.phase).toBe('read-new')
    expect(plan.step).toEqual({ kind: 'backfill' })
    await expect(takeBack(target, plan)).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    await backTo(renaming, 'read-switch')
    expect(await disagreeing(renaming)).toBe(0)
    expect(await repository.findFirst({ where: (user) => eq(user.id, 3) })).toMatchObject({ fullName: 'new alone' })
  })
})
