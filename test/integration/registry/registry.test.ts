import { createToolkit, renameColumn } from 'drizzle-expand-contract'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AnyChange } from '../../../src/change/change.ts'
import { declarationHash, recordedDeclaration } from '../../../src/change/recorded.ts'
import { sidesOf } from '../../../src/change/sides.ts'
import { installControlTables } from '../../../src/control/install.ts'
import { recordExpanded } from '../../../src/control/record-expanded.ts'
import { openSession, type Session } from '../../../src/control/session.ts'
import type { LiveProcess } from '../../../src/phase/live-process.ts'
import type { Phase } from '../../../src/phase/phase.ts'
import { liveProcesses } from '../../../src/registry/live-processes.ts'
import { type Registration, renewRegistration } from '../../../src/registry/registration.ts'
import { readReleases } from '../../../src/registry/releases.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

const users = pgTable('users', { id: serial('id').primaryKey(), name: text('name'), fullName: text('full_name') })
const schema = { users }
const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })
const declared = userFullName as unknown as AnyChange
const hash = declarationHash(recordedDeclaration(declared, sidesOf(declared)))

let database: TestDatabase
let session: Session
const started: { stop(): Promise<void> }[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  session = await openSession(database.url)
  return () => session.close()
})

beforeEach(async () => {
  await session.client.query(
    'DROP SCHEMA IF EXISTS expand_contract CASCADE; DROP TABLE IF EXISTS users; CREATE TABLE users (id serial PRIMARY KEY, name text, full_name text)',
  )
  await installControlTables(session)
  await recordExpanded(session.db, declared, sidesOf(declared), undefined, {})
})

afterEach(async () => {
  for (const toolkit of started.splice(0)) await toolkit.stop()
})

async function start(options: { readonly shortLived?: boolean; readonly release?: string } = {}) {
  const toolkit = createToolkit({
    db: drizzle({ client: database.pool }),
    schema,
    changes: { userFullName },
    process: { name: 'billing', release: '4f2a1c', ...options },
    log: () => {},
    pollMs: 7_000,
  })
  await toolkit.start()
  started.push(toolkit)
  return toolkit
}

function live(): Promise<readonly LiveProcess[]> {
  const table = { schema: 'public', name: 'users' }
  return liveProcesses(session.db, { changeId: 'user-full-name', table, declarationHash: hash })
}

async function edit(set: string): Promise<void> {
  await session.client.query(`UPDATE expand_contract.processes SET ${set}`)
}

describe('a process in the registry', () => {
  it('is silent once it has missed renewals, with how long its lease lasts', async () => {
    await start()
    expect(await live()).toMatchObject([{ isSilent: false, problem: undefined, oldestPhase: 'expanded' }])
    await edit(`renewed_at = now() - interval '9 s', lease_until = now() + interval '6 s'`)
    const [process] = await live()
    expect(process).toMatchObject({ isSilent: true, release: '4f2a1c' })
    expect(process!.silentForMs).toBeGreaterThanOrEqual(9_000)
    expect(process!.leaseEndsInMs).toBeLessThanOrEqual(6_000)
  })

  it('that declares the change differently cannot be judged, and counts as in the way', async () => {
    await start()
    await edit(`changes = jsonb_set(changes, '{user-full-name,hash}', '"other"')`)
    expect(await live()).toMatchObject([
      { oldestPhase: undefined, problem: expect.stringContaining('declares the change differently') },
    ])
  })

  it('tells the oldest and the newest phase by which it acts', async () => {
    const toolkit = await start()
    const move = (phase: Phase) =>
      session.client.query('UPDATE expand_contract.changes SET phase = $1, epoch = epoch + 1', [phase])
    await move('read-switch')
    await toolkit.refresh()
    await toolkit.run({}, async () => {
      await toolkit.repository(users).count()
      await move('dual-write')
      await toolkit.refresh()
      expect(await live()).toMatchObject([{ oldestPhase: 'dual-write', newestPhase: 'read-switch' }])
    })
    await toolkit.refresh()
    expect(await live()).toMatchObject([{ oldestPhase: 'dual-write', newestPhase: 'dual-write' }])
  })

  it('of an earlier version tells no newest phase; the one that it acts by now counts', async () => {
    await start()
    await edit(`changes = jsonb_set(changes #- '{user-full-name,newestPhase}', '{user-full-name,phase}', '"read-new"')`)
    expect(await live()).toMatchObject([{ oldestPhase: 'expanded', newestPhase: 'read-new' }])
  })

  it('that declares the table alone does not know the change', async () => {
    await start()
    await edit(`changes = '{}'`)
    expect(await live()).toMatchObject([{ oldestPhase: undefined, problem: undefined }])
  })

  it('tells how many units of work that use the change have been open for more than a minute', async () => {
    const toolkit = await start()
    const day = 86_400_000
    const { now } = Date
    await toolkit.run({}, async () => {
      await toolkit.repository(users).count()
      Date.now = () => now() + day
      await toolkit.refresh().finally(() => {
        Date.now = now
      })
      expect(await live()).toMatchObject([{ longUnits: 1 }])
    })
  })
})

describe('a registry row that was edited by hand', () => {
  it.each([
    ['what it declares is no list', `tables = '"users"'`, '"tables"'],
    ['what it says is no object', `changes = '7'`, '"changes"'],
    ['its phase is none', `changes = jsonb_set(changes, '{user-full-name,oldestPhase}', '"done"')`, 'user-full-name'],
    ['a statement is missing', `changes = jsonb_set(changes, '{user-full-name}', '{}')`, 'user-full-name'],
    ['its lease ends in years', `lease_until = now() + interval '3 years'`, 'lease is longer'],
    ['its lease never ends', `lease_until = 'infinity'`, 'lease is longer'],
    [
      'it was renewed tomorrow',
      `renewed_at = now() + interval '1 day', lease_until = now() + interval '1 day'`,
      'future',
    ],
  ])('is named with the way to remove it, and mends with the next renewal: %s', async (_, set, named) => {
    const toolkit = await start()
    await edit(set)
    const { rows } = await session.client.query('SELECT instance FROM expand_contract.processes')
    const [process] = await live()
    expect(process).toMatchObject({ name: 'billing', oldestPhase: undefined })
    expect(process!.problem).toContain(named)
    expect(process!.problem).toContain(`DELETE FROM expand_contract.processes WHERE instance = '${rows[0]!.instance}'`)
    await session.client.query(`UPDATE expand_contract.changes SET read_percent = read_percent + 1, epoch = epoch + 1`)
    await toolkit.refresh()
    expect(await live()).toMatchObject([{ problem: undefined, oldestPhase: 'expanded' }])
  })

  it('comes back where it was removed, or where the database clock jumped past its lease', async () => {
    const toolkit = await start()
    await session.client.query('DELETE FROM expand_contract.processes')
    expect(await live()).toEqual([])
    await session.client.query(`UPDATE expand_contract.changes SET read_percent = 7, epoch = epoch + 1`)
    await toolkit.refresh()
    expect(await live()).toHaveLength(1)
  })
})

describe('short-lived processes', () => {
  const rows = async () => (await session.client.query('SELECT * FROM expand_contract.processes')).rows

  /** One of several that share a row, at a phase. */
  async function renew(
    instance: string,
    oldestPhase: Phase,
    leaseMs: number,
    lastOldAgoMs: number | null = null,
    newestPhase: Phase = oldestPhase,
  ): Promise<void> {
    const registration: Registration = {
      instance,
      name: 'thumbnails',
      release: '4f2a1c',
      host: 'somewhere',
      pid: 1,
      flags: 'database',
      isShared: true,
      tables: ['public.users'],
      changes: {
        'user-full-name': {
          hash,
          phase: oldestPhase,
          oldestPhase,
          newestPhase,
          epoch: 1,
          keyedReads: { old: 0, new: 0, lastOldAgoMs },
        },
      },
    }
    await renewRegistration(session.db, registration, leaseMs)
  }
  const instance = '00000000-0000-8000-8000-000000000001'

  it('of a release share one row, which stays when one of them stops', async () => {
    const first = await start({ shortLived: true })
    await start({ shortLived: true })
    await start({ shortLived: true, release: 'another' })
    expect(await rows()).toHaveLength(2)
    await first.stop()
    expect(await live()).toMatchObject([
      { isShared: true, oldestPhase: 'expanded' },
      { isShared: true, oldestPhase: 'expanded' },
    ])
  })

  it('never hide each other: the oldest phase counts until its own lease has ended', async () => {
    await renew(instance, 'dual-write', 15_000)
    await renew(instance, 'new-only', 15_000)
    expect(await live()).toMatchObject([{ oldestPhase: 'dual-write' }])
    await edit(`phase_leases = jsonb_set(phase_leases, '{user-full-name,dual-write}', '"2020-01-01T00:00:00.000Z"')`)
    expect(await live()).toMatchObject([{ oldestPhase: 'new-only' }])
    await renew(instance, 'new-only', 15_000)
    const [row] = await rows()
    expect(Object.keys(row!.phase_leases['user-full-name'])).toEqual(['new-only'])
  })

  it('tell the newest phase that any of them uses, for as long as its lease lasts', async () => {
    await renew(instance, 'read-switch', 15_000, null, 'new-only')
    await renew(instance, 'read-switch', 15_000)
    expect(await live()).toMatchObject([{ oldestPhase: 'read-switch', newestPhase: 'new-only' }])
    await edit(`phase_leases = jsonb_set(phase_leases, '{user-full-name,new-only}', '"2020-01-01T00:00:00.000Z"')`)
    expect(await live()).toMatchObject([{ oldestPhase: 'read-switch', newestPhase: 'read-switch' }])
  })

  it('tell when the last of them read old, whoever renewed the row since', async () => {
    await renew(instance, 'read-switch', 15_000, 500)
    await edit(`renewed_at = renewed_at - interval '4 s'`)
    await renew(instance, 'read-switch', 15_000)
    const [process] = await live()
    expect(process!.keyedReads.lastOldAgoMs).toBeGreaterThanOrEqual(4_500)
    await renew(instance, 'read-switch', 15_000, 100)
    expect((await live())[0]!.keyedReads.lastOldAgoMs).toBe(100)
  })

  it('keep the longest of their leases', async () => {
    await renew(instance, 'dual-write', 60_000)
    await renew(instance, 'new-only', 10_000)
    const [process] = await live()
    expect(process!.leaseEndsInMs).toBeGreaterThan(50_000)
    expect(process).toMatchObject({ oldestPhase: 'dual-write' })
  })

  it.each([`'null'`, `'7'`, `'{"user-full-name": 7}'`, `'{"user-full-name": {"done": "2999-01-01T00:00:00.000Z"}}'`])(
    'mend phases that were edited by hand with the next renewal: %s',
    async (leases) => {
      await renew(instance, 'dual-write', 15_000)
      await edit(`phase_leases = ${leases}, changes = ${leases}, lease_until = 'infinity', renewed_at = '-infinity'`)
      expect(await live()).toMatchObject([{ problem: expect.stringContaining('DELETE FROM') }])
      await renew(instance, 'dual-write', 15_000)
      expect(await live()).toMatchObject([{ problem: undefined, oldestPhase: 'dual-write' }])
    },
  )
})

describe('releases', () => {
  it('are remembered with what they declare, when their processes are gone', async () => {
    const toolkit = await start()
    await toolkit.stop()
    expect(await readReleases(session.db)).toMatchObject([
      {
        name: 'billing',
        release: '4f2a1c',
        tables: ['public.users'],
        declarations: { 'user-full-name': hash },
      },
    ])
  })

  it('are seen again by each start', async () => {
    await start()
    const [before] = await readReleases(session.db)
    await start()
    const [after] = await readReleases(session.db)
    expect(after!.firstSeenAt).toEqual(before!.firstSeenAt)
    expect(Reflect.get(after!, 'lastSeenAt') > Reflect.get(before!, 'lastSeenAt')).toBe(true)
  })

  it('that cannot be read are said to be so, and mend with the next start', async () => {
    await start()
    await session.client.query(`UPDATE expand_contract.releases SET declarations = '7'`)
    expect(await readReleases(session.db)).toMatchObject([{ problem: expect.stringContaining('cannot be read') }])
    await start()
    expect((await readReleases(session.db))[0]).not.toHaveProperty('problem')
  })
})
