import { createToolkit, type Log, renameColumn, type ToolkitEvent, type ToolkitOptions } from 'drizzle-expand-contract'
import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sidesOf } from '../../../src/change/sides.ts'
import { installControlTables } from '../../../src/control/install.ts'
import { recordExpanded } from '../../../src/control/record-expanded.ts'
import { openSession, type Session } from '../../../src/control/session.ts'
import { memoryFlags } from '../../../src/flags/memory.ts'
import { liveProcesses } from '../../../src/registry/live-processes.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

const users = pgTable('users', {
  id: serial('id').primaryKey(),
  name: text('name').notNull(),
  fullName: text('full_name'),
})
const schema = { users }
const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })
const changes = { userFullName }
type Declared = Parameters<typeof sidesOf>[0]
const declared = userFullName as unknown as Declared

let database: TestDatabase
let session: Session
const events: ToolkitEvent[] = []
const queries: string[] = []
const log: Log = (event) => void events.push(event)
const started: { stop(): Promise<void> }[] = []

async function startToolkit(
  overrides: Partial<
    Pick<ToolkitOptions<typeof schema, typeof changes, never>, 'control' | 'flags' | 'listen' | 'pollMs'>
  > = {},
) {
  const toolkit = createToolkit({
    db: drizzle({ client: database.pool, logger: { logQuery: (query) => void queries.push(query) } }),
    schema,
    changes,
    log,
    pollMs: 50,
    process: { name: 'billing', release: '4f2a1c' },
    ...overrides,
  })
  await toolkit.start()
  started.push(toolkit)
  return toolkit
}

async function moveTo(phase: string): Promise<void> {
  await session.client.query('UPDATE expand_contract.changes SET phase = $1, epoch = epoch + 1', [phase])
}

beforeAll(async () => {
  database = await createTestDatabase()
  session = await openSession(database.url)
  return () => session.close()
})

beforeEach(async () => {
  events.length = 0
  queries.length = 0
  await session.client.query(
    'DROP SCHEMA IF EXISTS expand_contract CASCADE; DROP TABLE IF EXISTS users; CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL)',
  )
})

afterEach(async () => {
  for (const toolkit of started.splice(0)) await toolkit.stop()
})

async function expand(): Promise<void> {
  await installControlTables(session)
  await session.client.query('ALTER TABLE users ADD COLUMN full_name text')
  await recordExpanded(session.db, declared, sidesOf(declared), undefined, {})
}

describe('a database that nobody has advanced', () => {
  it('is refused without control tables, with the way out', async () => {
    await expect(startToolkit()).rejects.toMatchObject({ code: 'EC_CONTROL_MISSING', outcome: 'usage' })
  })

  it.each([
    ['the old column alone', 'SELECT 1', 'planned'],
    ['both columns', 'ALTER TABLE users ADD COLUMN full_name text', 'dual-write'],
    ['the new column alone', 'ALTER TABLE users RENAME COLUMN name TO full_name', 'contracted'],
  ])('works by its columns where control is optional: %s', async (_, ddl, phase) => {
    await session.client.query(ddl)
    const toolkit = await startToolkit({ control: 'optional' })
    expect(events).toContainEqual(expect.objectContaining({ type: 'phase-derived', phase }))
    const repository = toolkit.repository(users)
    const ada = await repository.insert({ fullName: 'Ada' })
    expect(await repository.findMany({ where: (user) => eq(user.fullName, 'Ada') })).toEqual([
      { id: ada.id, fullName: 'Ada' },
    ])
  })

  it('names the table where neither column exists', async () => {
    await session.client.query('DROP TABLE users')
    await expect(startToolkit({ control: 'optional' })).rejects.toMatchObject({ code: 'EC_SCHEMA_CHANGED_UNDER' })
  })
})

describe('a started toolkit', () => {
  it('follows the phases by polling, and by LISTEN at once', async () => {
    await expand()
    const toolkit = await startToolkit({ pollMs: 7_000, listen: { url: database.url } })
    const seen = () =>
      events.filter(({ type }) => type === 'phase').map((event) => ('phase' in event ? event.phase : ''))
    await session.client.query(
      `UPDATE expand_contract.changes SET phase = 'dual-write', epoch = 2; SELECT pg_notify('expand_contract', 'user-full-name')`,
    )
    await expect.poll(seen).toEqual(['expanded', 'dual-write'])
    await moveTo('read-switch')
    await toolkit.refresh()
    expect(seen()).toEqual(['expanded', 'dual-write', 'read-switch'])
  })

  it('registers itself with its tables, its phase and its reads, and leaves', async () => {
    await expand()
    const toolkit = await startToolkit()
    const read = () =>
      liveProcesses(session.db, { changeId: 'user-full-name', table: { schema: 'public', name: 'users' } })
    expect(await read()).toMatchObject([
      { name: 'billing', release: '4f2a1c', pid: process.pid, flags: 'database', oldestPhase: 'expanded' },
    ])
    await toolkit.stop()
    expect(await read()).toEqual([])
  })

  it('counts in the registry until its lease runs out, also when it never left', async () => {
    await expand()
    await startToolkit({ pollMs: 7_000 })
    const live = () =>
      liveProcesses(session.db, { changeId: 'user-full-name', table: { schema: 'public', name: 'users' } })
    expect(await live()).toHaveLength(1)
    await session.client.query(`UPDATE expand_contract.processes SET lease_until = now() - interval '1 second'`)
    expect(await live()).toEqual([])
  })

  it('reports reads of units with a key only, as a job without one never reads new while the flag decides', async () => {
    await expand()
    await moveTo('read-switch')
    const toolkit = await startToolkit()
    await toolkit.repository(users).count()
    await toolkit.run({ userId: '1' }, () => toolkit.repository(users).count())
    await session.client.query(`UPDATE expand_contract.changes SET read_percent = 100, epoch = epoch + 1`)
    await toolkit.refresh()
    const [live] = await liveProcesses(session.db, {
      changeId: 'user-full-name',
      table: { schema: 'public', name: 'users' },
    })
    expect(live!.keyedReads).toMatchObject({ old: 1, new: 0 })
  })

  it('tells the registry the oldest phase of its open units of work', async () => {
    await expand()
    const toolkit = await startToolkit()
    const oldest = async () =>
      (await liveProcesses(session.db, { changeId: 'user-full-name', table: { schema: 'public', name: 'users' } }))[0]!
        .oldestPhase
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const unit = toolkit.run({ userId: '1' }, async () => {
      await toolkit.repository(users).count()
      await finished
    })
    await moveTo('dual-write')
    await expect.poll(() => events.some((event) => event.type === 'phase' && event.phase === 'dual-write')).toBe(true)
    expect(await oldest()).toBe('expanded')
    finish()
    await unit
    await expect.poll(oldest).toBe('dual-write')
  })

  it('is refused when the code declares other columns than the database recorded', async () => {
    await expand()
    await session.client.query(
      `UPDATE expand_contract.changes SET declaration = jsonb_set(declaration, '{new}', '["surname"]'), declaration_hash = 'other'`,
    )
    await expect(startToolkit()).rejects.toMatchObject({
      code: 'EC_DECLARATION_DIFFERS',
      message: expect.stringContaining('recorded ["surname"], declared ["full_name"]'),
    })
  })

  it('keeps the last known phases while they cannot be read, and says so once', async () => {
    await expand()
    const toolkit = await startToolkit()
    await session.client.query('ALTER TABLE expand_contract.changes RENAME TO away')
    await expect(toolkit.refresh()).rejects.toMatchObject({ code: 'EC_CONTROL_MISSING' })
    await expect(toolkit.refresh()).rejects.toMatchObject({ code: 'EC_CONTROL_MISSING' })
    expect(events.filter(({ type }) => type === 'refresh-failed')).toHaveLength(1)
    expect(await toolkit.repository(users).insert({ fullName: 'Ada' })).toMatchObject({ fullName: 'Ada' })
    await session.client.query('ALTER TABLE expand_contract.away RENAME TO changes')
    await toolkit.refresh()
    expect(events.filter(({ type }) => type === 'refreshed-again')).toHaveLength(1)
  })
})

describe('code from after the end of a change', () => {
  const after = { users: pgTable('users', { id: serial('id').primaryKey(), fullName: text('full_name') }) }
  const start = () => {
    const toolkit = createToolkit({ db: drizzle({ client: database.pool }), schema: after, changes: {}, log })
    started.push(toolkit)
    return toolkit.start()
  }

  it('does not start before the change has ended here', async () => {
    await expand()
    await moveTo('dual-write')
    await expect(start()).rejects.toMatchObject({
      code: 'EC_CHANGE_FORGOTTEN',
      details: { id: 'user-full-name', phase: 'dual-write', oldColumn: 'name' },
    })
    await moveTo('contracted')
    await start()
  })

  it('is told from code that does not know the change yet, which starts in every phase', async () => {
    const before = { users: pgTable('users', { id: serial('id').primaryKey(), name: text('name').notNull() }) }
    await expand()
    await moveTo('read-new')
    const toolkit = createToolkit({ db: drizzle({ client: database.pool }), schema: before, changes: {}, log })
    started.push(toolkit)
    await toolkit.start()
  })
})

describe('the row of a change that this code does not declare, edited by hand', () => {
  const id = serial('id').primaryKey()
  const withOld = pgTable('users', { id, name: text('name').notNull() })
  const withNew = pgTable('users', { id, fullName: text('full_name') })
  const orders = pgTable('orders', { id })
  const start = async (table: typeof withOld | typeof withNew | typeof orders) => {
    const toolkit = createToolkit({ db: drizzle({ client: database.pool }), schema: { table }, changes: {}, log })
    started.push(toolkit)
    await toolkit.start()
  }
  const edit = (set: string) => session.client.query(`UPDATE expand_contract.changes SET ${set}`)

  it.each([
    ['phase', `phase = 'done'`],
    ['trigger mode', `trigger_mode = 'sideways'`],
    ['declaration', `declaration = 'null'`],
  ])('stops nobody who needs nothing of it: %s', async (_, set) => {
    await expand()
    await edit(set)
    await start(orders)
    await start(withOld)
  })

  it('stops code that has given up the old column, since it cannot be told whether the change has ended', async () => {
    await expand()
    await edit(`phase = 'done'`)
    await expect(start(withNew)).rejects.toMatchObject({
      code: 'EC_ROW_UNREADABLE',
      details: { row: 'user-full-name', problem: expect.stringContaining('"phase" is "done"') },
    })
  })
})

describe('the ends of a toolkit', () => {
  const registered = async () => (await session.client.query('SELECT FROM expand_contract.processes')).rowCount

  it('a start that fails half way leaves no registration and no timer, and can be repeated', async () => {
    await expand()
    let isDown = true
    const flags = {
      ...memoryFlags(),
      start: async () => (isDown ? Promise.reject(new Error('flags are down')) : undefined),
    }
    const toolkit = createToolkit({ db: drizzle({ client: database.pool }), schema, changes, log, flags, pollMs: 50 })
    await expect(toolkit.start()).rejects.toThrow('flags are down')
    expect(await registered()).toBe(0)
    isDown = false
    await Promise.all([toolkit.start(), toolkit.start()])
    expect(await registered()).toBe(1)
    await toolkit.stop()
    expect(await registered()).toBe(0)
  })

  it('a start right after a stop is not undone by it', async () => {
    await expand()
    const toolkit = await startToolkit()
    await Promise.all([toolkit.stop(), toolkit.start()])
    expect(await registered()).toBe(1)
    expect(await toolkit.repository(users).count()).toBe(0)
  })

  it('stays registered until its open units of work have ended', async () => {
    await expand()
    const toolkit = await startToolkit()
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const unit = toolkit.run({ userId: '1' }, async () => {
      await toolkit.repository(users).count()
      await finished
    })
    const stopped = toolkit.stop()
    expect(await registered()).toBe(1)
    finish()
    await Promise.all([unit, stopped])
    expect(await registered()).toBe(0)
  })

  it('a log that throws fails nothing', async () => {
    await expand()
    const toolkit = createToolkit({
      db: drizzle({ client: database.pool }),
      schema,
      changes,
      pollMs: 50,
      flags: memoryFlags({ 'user-full-name': true }),
      log: () => {
        throw new Error('no disk')
      },
    })
    await toolkit.start()
    started.push(toolkit)
    expect(await toolkit.run({ userId: '1' }, () => toolkit.repository(users).count())).toBe(0)
    await toolkit.refresh()
  })

  it.each([{ pollMs: 0 }, { pollMs: 10_000 }, { pollMs: 1_000, leaseMs: 1_500 }])(
    'times that cannot work are refused: %j',
    (times) => {
      expect(() => createToolkit({ db: drizzle({ client: database.pool }), schema, changes, ...times })).toThrow(
        expect.objectContaining({ code: 'EC_OPTION_INVALID' }),
      )
    },
  )
})

describe('flags request, the database permits', () => {
  // The columns are made unequal on purpose, so that a read tells which side it came from.
  const sides = { old: 'from old', new: 'from new' }

  async function unequalRow(): Promise<void> {
    await session.client.query('INSERT INTO users (name, full_name) VALUES ($1, $2)', [sides.old, sides.new])
  }

  it.each([
    ['expanded', true, 'old'],
    ['dual-write', true, 'old'],
    ['read-switch', true, 'new'],
    ['read-switch', false, 'old'],
    ['read-new', false, 'new'],
    ['new-only', false, 'new'],
    ['contracted', false, 'new'],
  ] as const)('in %s a flag that is %s reads %s', async (phase, flag, side) => {
    await expand()
    await unequalRow()
    await moveTo(phase)
    const toolkit = await startToolkit({ flags: memoryFlags({ 'user-full-name': flag }) })
    const [row] = await toolkit.run({ userId: '1' }, () => toolkit.repository(users).findMany())
    expect(row).toMatchObject({ fullName: sides[side] })
    const selects = queries.filter((query) => query.includes('from "users"'))
    expect(selects).toEqual([`select "id", "${side === 'old' ? 'name' : 'full_name'}" from "users"`])
    const clamps = events.filter(({ type }) => type === 'read-clamped')
    expect(clamps).toHaveLength((flag ? 'new' : 'old') === side ? 0 : 1)
  })

  it.each(['expanded', 'dual-write', 'read-new', 'new-only'] as const)(
    'in %s no read of a transaction changes sides when the flag does',
    async (phase) => {
      await expand()
      await unequalRow()
      await moveTo(phase)
      const flags = memoryFlags({ 'user-full-name': true })
      const toolkit = await startToolkit({ flags })
      const repository = toolkit.repository(users)
      const before = (await repository.findFirst())!.fullName
      await toolkit.transaction({ userId: '1' }, async () => {
        expect((await repository.findFirst())!.fullName).toBe(before)
        flags.set('user-full-name', false)
        expect((await repository.findFirst())!.fullName).toBe(before)
      })
      expect((await toolkit.run({ userId: '1' }, () => repository.findFirst()))!.fullName).toBe(before)
    },
  )

  it('in planned a flag that asks for new names no column that is not there', async () => {
    await installControlTables(session)
    await session.client.query('INSERT INTO users (name) VALUES ($1)', [sides.old])
    const toolkit = await startToolkit({ flags: memoryFlags({ 'user-full-name': true }) })
    const row = await toolkit.run({ userId: '1' }, () => toolkit.repository(users).findFirst())
    expect(row).toMatchObject({ fullName: sides.old })
    expect(queries.filter((query) => query.includes('full_name'))).toEqual([])
    expect(events.filter(({ type }) => type === 'read-clamped')).toHaveLength(1)
  })

  it('reads old without a key, and on hold', async () => {
    await expand()
    await unequalRow()
    await moveTo('read-switch')
    const toolkit = await startToolkit({ flags: memoryFlags({ 'user-full-name': true }) })
    const read = async () => (await toolkit.repository(users).findMany())[0]!.fullName
    expect(await read()).toBe(sides.old)
    expect(await toolkit.run({ userId: '1' }, read)).toBe(sides.new)
    await session.client.query(`UPDATE expand_contract.changes SET hold = 'by hand', epoch = epoch + 1`)
    await toolkit.refresh()
    expect(await toolkit.run({ userId: '1' }, read)).toBe(sides.old)
  })

  it('obeys the percentage of the row with databaseFlags', async () => {
    await expand()
    await unequalRow()
    await session.client.query(`UPDATE expand_contract.changes SET phase = 'read-switch', read_percent = 50, epoch = 2`)
    const toolkit = await startToolkit()
    const reads = await Promise.all(
      Array.from({ length: 200 }, (_, user) =>
        toolkit.run({ userId: user }, () => toolkit.repository(users).findFirst()),
      ),
    )
    const onNew = reads.filter((row) => row?.fullName === sides.new).length
    expect(onNew).toBeGreaterThan(70)
    expect(onNew).toBeLessThan(130)
  })

  it('pins the decision for a transaction, whatever becomes of the flag', async () => {
    await expand()
    await unequalRow()
    await moveTo('read-switch')
    const flags = memoryFlags({ 'user-full-name': true })
    const toolkit = await startToolkit({ flags })
    const repository = toolkit.repository(users)
    await toolkit.transaction({ userId: '1' }, async (tx) => {
      expect((await repository.findFirst())!.fullName).toBe(sides.new)
      flags.set('user-full-name', false)
      expect((await repository.findFirst())!.fullName).toBe(sides.new)
      await tx.execute(sql`select 1`)
    })
    expect((await toolkit.run({ userId: '1' }, () => repository.findFirst()))!.fullName).toBe(sides.old)
  })
})
