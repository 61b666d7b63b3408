import pg from 'pg'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openSession } from '../../../src/control/session.ts'
import { type MigrateEvent, runMigrations } from '../../../src/migrate/index.ts'
import { declared, renameFolder, tableFolder } from './folder.ts'
import { changeRow, columnsOf, journalSize, makeSubject, type Subject, stepStates, subjectOf } from './subject.ts'

/** A transaction of somebody else that has run a statement and stays open. */
async function transactionWith({ database }: Subject, sql: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url, application_name: 'a nightly job' })
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('BEGIN')
  await client.query(sql)
  return client
}

function blockedEvents(events: readonly MigrateEvent[]) {
  return events.filter((event) => event.kind === 'blocked')
}

describe('two runners at once', () => {
  it('apply every migration once between them', async () => {
    const first = await makeSubject()
    const second = await subjectOf(first.database)
    const folder = await renameFolder()

    const results = await Promise.all([first.migrate(folder), second.migrate(folder)])

    expect(results.flatMap(({ applied }) => applied)).toEqual(folder.tags)
    expect(await journalSize(first)).toBe(5)
    expect(await stepStates(first)).toEqual({ expand: 'done', handover: 'done', retire: 'done', drop: 'done' })
  })

  it('wait for each other up to a limit, and name the other’s process', async () => {
    const first = await makeSubject()
    const second = await subjectOf(first.database)
    const folder = await tableFolder()
    folder.add('0001_slow', `DO $$ BEGIN PERFORM pg_advisory_lock(1); END $$`)
    const holder = new pg.Client({ connectionString: first.database.url })
    await holder.connect()
    onTestFinished(() => holder.end())
    await holder.query('SELECT pg_advisory_lock(1)')
    const running = first.migrate(folder)
    await vi.waitFor(() => expect(first.events).toContainEqual({ kind: 'started', migration: '0001_slow' }))

    const [runner] = await first.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'expand-contract' AND state <> 'idle'`,
    )
    await expect(second.migrate(folder, { waitForRunnerMs: 300 })).rejects.toMatchObject({
      code: 'EC_MIGRATION_RUNNING',
      details: { holder: expect.stringContaining(`pid ${runner?.pid}`) },
    })

    await holder.query('SELECT pg_advisory_unlock(1)')
    await running
  })
})

describe('a table that somebody else uses', () => {
  it('is migrated once they have ended, without holding up those who come after', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()
    await subject.migrate(folder.upTo(folder.tags[0]!))
    const job = await transactionWith(subject, 'SELECT count(*) FROM users')

    const run = subject.migrate(folder)
    await vi.waitFor(() => expect(blockedEvents(subject.events).length).toBeGreaterThan(5))

    expect(blockedEvents(subject.events)[0]).toMatchObject({
      migration: folder.tags[1],
      blockers: [expect.stringContaining('a nightly job')],
    })
    // Behind a lock request that queues, this insert would wait for the job to end.
    const writer = new pg.Client({ connectionString: subject.database.url, statement_timeout: 5_000 })
    await writer.connect()
    onTestFinished(() => writer.end())
    await writer.query(`INSERT INTO users (name) VALUES ('Ada')`)
    await job.query('COMMIT')

    expect((await run).applied).toEqual([folder.tags[1]])
    expect(await columnsOf(subject)).toContain('full_name')
  })

  it('stays as it is where they do not end in time, and they are named', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()
    await subject.migrate(folder.upTo(folder.tags[0]!))
    const job = await transactionWith(subject, 'SELECT count(*) FROM users')

    await expect(subject.migrate(folder, { locks: { totalMs: 300 } })).rejects.toMatchObject({
      code: 'EC_LOCK_TIMEOUT',
      details: { lock: 'table "public"."users"', blockers: [expect.stringContaining('a nightly job')] },
    })

    expect(await columnsOf(subject)).not.toContain('full_name')
    expect(await changeRow(subject)).toBeUndefined()
    expect(await journalSize(subject)).toBe(1)
    await job.query('COMMIT')
  })

  it('is named too where rows are worked on before the DDL', async () => {
    const subject = await makeSubject()
    const folder = await tableFolder()
    await subject.migrate(folder)
    folder.add(
      '0001_mixed',
      `INSERT INTO posts (id) VALUES (1);--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "city" text;`,
    )
    const job = await transactionWith(subject, 'SELECT count(*) FROM users')

    await expect(subject.migrate(folder, { locks: { totalMs: 300 } })).rejects.toMatchObject({
      code: 'EC_LOCK_TIMEOUT',
      details: { lock: 'table "public"."users"', blockers: [expect.stringContaining('a nightly job')] },
    })
    expect(await subject.query('SELECT id FROM posts')).toEqual([])
    await job.query('COMMIT')

    expect((await subject.migrate(folder)).applied).toEqual(['0001_mixed'])
  })

  it('has its rows awaited with patience where nothing is locked but rows', async () => {
    const subject = await makeSubject()
    const folder = await tableFolder()
    await subject.migrate(folder)
    await subject.query(`INSERT INTO users (name, age) VALUES ('Ada', 36)`)
    folder.add('0001_rows', 'UPDATE users SET age = age + 1;')
    const job = await transactionWith(subject, 'UPDATE users SET age = age + 100')

    const run = subject.migrate(folder)
    await vi.waitFor(async () =>
      expect(
        await subject.query(
          `SELECT FROM pg_stat_activity
            WHERE query LIKE 'UPDATE users SET age = age + 1;%' AND cardinality(pg_blocking_pids(pid)) > 0
              AND clock_timestamp() - query_start > interval '200 ms'`,
        ),
      ).toHaveLength(1),
    )
    await job.query('COMMIT')
    await run

    expect(blockedEvents(subject.events)).toEqual([])
    expect(await subject.query('SELECT age FROM users')).toEqual([{ age: 137 }])
  })
})

describe('a server that cannot be migrated', () => {
  it('is named where its transactions are read-only', async () => {
    const subject = await makeSubject()
    await subject.query(`ALTER DATABASE "${subject.database.name}" SET default_transaction_read_only = on`)
    const again = await subjectOf(subject.database)

    await expect(again.migrate(await tableFolder())).rejects.toMatchObject({ code: 'EC_READ_ONLY' })
  })

  it('is left alone by a role without rights, and the right is named', async () => {
    const subject = await makeSubject()
    const owner = await openSession(subject.database.superuserBecause('it creates a role and acts as that'))
    onTestFinished(() => owner.close())
    const role = `ec_test_limited_${process.pid}`
    await owner.client.query(`CREATE ROLE ${role}`)
    onTestFinished(async () => {
      await owner.client.query(`RESET ROLE`)
      await owner.client.query(`DROP OWNED BY ${role}`)
      await owner.client.query(`DROP ROLE ${role}`)
    })
    const folder = await renameFolder()
    const migrate = () => runMigrations(owner, { folder: folder.path, changes: declared })

    await owner.client.query(`SET ROLE ${role}`)
    await expect(migrate()).rejects.toMatchObject({
      code: 'EC_RIGHT_MISSING',
      message: expect.stringMatching(
        new RegExp(`Role "${role}" may not create the control tables .*permission denied for database`),
      ),
    })
    expect(
      await subject.query(`SELECT nspname FROM pg_namespace WHERE nspname IN ('drizzle', 'expand_contract')`),
    ).toEqual([])

    // The tables belong to somebody else.
    await owner.client.query('RESET ROLE')
    await runMigrations(owner, { folder: folder.upTo(folder.tags[0]!).path, changes: declared })
    await owner.client.query(`GRANT ALL ON SCHEMA drizzle, expand_contract TO ${role}`)
    await owner.client.query(`GRANT ALL ON ALL TABLES IN SCHEMA drizzle, expand_contract, public TO ${role}`)
    await owner.client.query(`GRANT ALL ON ALL SEQUENCES IN SCHEMA drizzle, expand_contract TO ${role}`)
    await owner.client.query(`SET ROLE ${role}`)
    await expect(migrate()).rejects.toMatchObject({
      code: 'EC_MIGRATION_FAILED',
      details: { file: folder.tags[1], problem: 'must be owner of table users' },
    })
    expect(await columnsOf(subject)).not.toContain('full_name')
  })
})
