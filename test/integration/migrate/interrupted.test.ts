import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type MigrationFolder, renameFolder, tableFolder } from './folder.ts'
import {
  changeRow,
  columnsOf,
  history,
  journalSize,
  makeSubject,
  type Subject,
  setPhase,
  stepStates,
  subjectOf,
} from './subject.ts'

/** A transaction that locks nothing of the changed table, and whose snapshot every concurrent index build waits for. */
async function openTransaction({ database }: Subject): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url, application_name: 'a long report' })
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await client.query('SELECT count(*) FROM posts')
  return client
}

/** The process that waits for another one while it runs a statement like this; polled until there is one. */
function waitingProcess({ query }: Subject, statement: string): Promise<number> {
  return vi.waitFor(
    async () => {
      const [row] = await query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE $1 AND cardinality(pg_blocking_pids(pid)) > 0`,
        [`${statement}%`],
      )
      if (row === undefined) throw new Error('Nobody waits.')
      return row.pid
    },
    { timeout: 15_000, interval: 20 },
  )
}

/** A change whose handover is due; it builds a unique index concurrently as its fourth statement. */
async function handoverDue(): Promise<{ subject: Subject; folder: MigrationFolder }> {
  const subject = await makeSubject()
  const folder = await renameFolder()
  await subject.migrate(folder.upTo(folder.tags[0]!))
  await subject.query(`INSERT INTO users (name) VALUES ('Ada'), ('Grace')`)
  await subject.migrate(folder)
  await subject.query('UPDATE users SET full_name = name')
  await setPhase(subject, 'read-new')
  return { subject, folder }
}

async function indexesOf({ query }: Subject): Promise<unknown> {
  return query(
    `SELECT i.relname AS name, x.indisvalid AS valid FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
      WHERE x.indrelid = 'users'::regclass AND i.relname <> 'users_pkey' ORDER BY 1`,
  )
}

const handedOver = [{ name: 'users_full_name_unique', valid: true }]

async function progressOf({ query }: Subject): Promise<unknown> {
  return (await query(`SELECT state, statement FROM expand_contract.migration_steps WHERE step = 'handover'`))[0]
}

describe('a run that ends between two migrations', () => {
  it('leaves what was applied, and the next one goes on from there', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()
    const run = subject.migrate(folder, {
      onEvent: (event) => {
        if (event.kind === 'finished' && event.migration === folder.tags[1]) throw new Error('out of memory')
      },
    })

    await expect(run).rejects.toThrow('out of memory')
    expect(await journalSize(subject)).toBe(2)
    expect(await stepStates(subject)).toEqual({ expand: 'done' })

    // The table exists when the second run begins, so its change is advanced like any other.
    expect((await subject.migrate(folder)).deferred.map(({ step }) => step)).toEqual(['handover', 'retire', 'drop'])
  })
})

describe('a run that ends in the middle of an empty database’s steps', () => {
  it('leaves a table that takes writes of the new column, and the next run ends the change', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()
    const run = subject.migrate(folder, {
      onEvent: (event) => {
        if (event.kind === 'finished' && event.migration === folder.tags[3]) throw new Error('out of memory')
      },
    })

    await expect(run).rejects.toThrow('out of memory')
    expect(await columnsOf(subject)).toContain('~ec_retired_name')
    await subject.query(`INSERT INTO users (full_name) VALUES ('Ada')`)

    expect((await subject.migrate(folder)).applied).toEqual([folder.tags[4]])
    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id'])
    expect(await subject.query('SELECT full_name FROM users')).toEqual([{ full_name: 'Ada' }])
  })
})

describe('an expand step that ends after its trigger is in place', () => {
  it('is running in a change that is expanded, and a later run finishes it', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()
    await subject.migrate(folder.upTo(folder.tags[0]!))
    // The name of the index that the step builds last.
    await subject.query('CREATE TABLE "~ec_helper_users_full_name_unique" ()')

    await expect(subject.migrate(folder)).rejects.toMatchObject({ code: 'EC_MIGRATION_FAILED' })
    expect(await stepStates(subject)).toEqual({ expand: 'running' })
    expect(await changeRow(subject)).toMatchObject({ phase: 'expanded', trigger_mode: 'old', epoch: '1' })
    await subject.query(`INSERT INTO users (name) VALUES ('Ada')`)
    expect(await subject.query('SELECT full_name FROM users')).toEqual([{ full_name: 'Ada' }])

    await subject.query('DROP TABLE "~ec_helper_users_full_name_unique"')
    expect((await subject.migrate(folder)).applied).toContain(folder.tags[1])
    expect(await stepStates(subject)).toMatchObject({ expand: 'done', handover: 'deferred' })
    expect(await indexesOf(subject)).toContainEqual({ name: '~ec_helper_users_full_name_unique', valid: true })
    expect(await changeRow(subject)).toMatchObject({ phase: 'expanded', epoch: '1' })
    expect(await history(subject)).toEqual(['transition planned expanded'])
  })
})

describe('a handover during which the change goes back', () => {
  it('stops before its next part, and goes on from there once reads are on new again', async () => {
    const { subject, folder } = await handoverDue()
    const report = await openTransaction(subject)
    const run = subject.migrate(folder)
    run.catch(() => undefined)
    await waitingProcess(subject, 'CREATE UNIQUE INDEX CONCURRENTLY')
    await setPhase(subject, 'read-switch')
    await report.query('COMMIT')

    await expect(run).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    expect(await progressOf(subject)).toEqual({ state: 'running', statement: 3 })
    expect((await subject.migrate(folder)).deferred.map(({ step }) => step)).toEqual(['handover', 'retire', 'drop'])

    await setPhase(subject, 'read-new')
    expect((await subject.migrate(folder)).ran).toEqual([{ changeId: 'user-full-name', step: 'handover' }])
    expect(await indexesOf(subject)).toEqual(handedOver)
  })
})

describe('a migration that fails', () => {
  it('leaves nothing of itself, says where, and runs once it is mended', async () => {
    const subject = await makeSubject()
    const broken = await tableFolder()
    const mended = broken.upTo(broken.tags[0]!)
    broken.add('0001_more', 'CREATE TABLE "more" ("id" integer);--> statement-breakpoint\nSELECT 1/0;')
    mended.add('0001_more', 'CREATE TABLE "more" ("id" integer);')

    await expect(subject.migrate(broken)).rejects.toMatchObject({
      code: 'EC_MIGRATION_FAILED',
      details: { file: '0001_more', statement: 2, problem: expect.stringContaining('division by zero') },
    })
    expect(await columnsOf(subject, 'more')).toEqual([])
    expect(await journalSize(subject)).toBe(1)

    expect((await subject.migrate(mended)).applied).toEqual(['0001_more'])
  })

  it('holds no value of a row in its error', async () => {
    const subject = await makeSubject()
    const folder = await tableFolder()
    folder.add(
      '0001_rows',
      `INSERT INTO users (name, age) VALUES ('canary-7f3', 1);--> statement-breakpoint
SELECT name::int FROM users;`,
    )

    const error = await subject.migrate(folder).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'EC_MIGRATION_FAILED' })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('canary-7f3')
    expect(String((error as Error).stack)).not.toContain('canary-7f3')
  })
})

describe('an index that is built concurrently', () => {
  it('is dropped and built again after its connection was cut, which is not called a failure of the migration', async () => {
    const { subject, folder } = await handoverDue()
    const report = await openTransaction(subject)
    const run = subject.migrate(folder)
    run.catch(() => undefined)
    const pid = await waitingProcess(subject, 'CREATE UNIQUE INDEX CONCURRENTLY')
    await subject.query('SELECT pg_terminate_backend($1)', [pid])
    await expect(run).rejects.toMatchObject({ code: 'EC_CONNECTION_LOST' })
    await report.query('COMMIT')

    expect(await indexesOf(subject)).toContainEqual({ name: 'users_full_name_unique', valid: false })
    expect(await progressOf(subject)).toEqual({ state: 'running', statement: 3 })

    const again = await subjectOf(subject.database)
    expect((await again.migrate(folder)).ran).toEqual([{ changeId: 'user-full-name', step: 'handover' }])
    expect(await indexesOf(subject)).toEqual(handedOver)
  })

  it('is found where the process was killed and the server went on to the end', async () => {
    const { subject, folder } = await handoverDue()
    const report = await openTransaction(subject)
    const worker = spawn(process.execPath, [join(import.meta.dirname, 'worker.ts'), subject.database.url, folder.path])
    const ended = once(worker, 'exit')
    await waitingProcess(subject, 'CREATE UNIQUE INDEX CONCURRENTLY')
    worker.kill('SIGKILL')
    expect(await ended).toEqual([null, 'SIGKILL'])

    // The server still builds for the killed process, which therefore still counts as the runner.
    const run = subject.migrate(folder)
    await vi.waitFor(() =>
      expect(subject.events).toContainEqual({
        kind: 'waiting',
        holder: expect.stringContaining('the migrating process'),
      }),
    )
    await report.query('COMMIT')

    expect((await run).ran).toEqual([{ changeId: 'user-full-name', step: 'handover' }])
    expect(await indexesOf(subject)).toEqual(handedOver)
  })

  it('of an ordinary migration is continued there, without repeating what came before it', async () => {
    const subject = await makeSubject()
    const folder = await tableFolder()
    await subject.migrate(folder)
    folder.add(
      '0001_index',
      `ALTER TABLE "users" ADD COLUMN "city" text;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_city" ON "users" ("city");--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "zip" text;`,
    )
    await subject.query('ALTER TABLE users ADD COLUMN zip integer')

    await expect(subject.migrate(folder)).rejects.toMatchObject({
      code: 'EC_MIGRATION_FAILED',
      details: { file: '0001_index', statement: 3 },
    })
    expect(await columnsOf(subject)).toContain('city')
    expect(await journalSize(subject)).toBe(1)

    await subject.query('ALTER TABLE users DROP COLUMN zip')
    expect((await subject.migrate(folder)).applied).toEqual(['0001_index'])
    expect(await columnsOf(subject)).toContain('zip')
    expect(await subject.query('SELECT * FROM expand_contract.migration_steps')).toEqual([])
  })

  it('is not continued after its file was changed', async () => {
    const subject = await makeSubject()
    const folder = await tableFolder()
    await subject.migrate(folder)
    const edited = folder.upTo(folder.tags[0]!)
    const index = 'CREATE INDEX CONCURRENTLY "users_age" ON "users" ("age");--> statement-breakpoint\n'
    folder.add('0001_index', `${index}SELECT 1/0;`)
    edited.add('0001_index', `SELECT 2;--> statement-breakpoint\n${index}SELECT 1;`)

    await expect(subject.migrate(folder)).rejects.toMatchObject({ code: 'EC_MIGRATION_FAILED' })
    await expect(subject.migrate(edited)).rejects.toMatchObject({ code: 'EC_MIGRATION_EDITED' })
  })
})

describe('an interruption', () => {
  it('cancels the statement, rolls its transaction back, and leaves the session usable', async () => {
    const subject = await makeSubject()
    const folder = await tableFolder()
    const patient = folder.upTo(folder.tags[0]!)
    folder.add('0001_slow', 'CREATE TABLE "slow" ("id" integer);--> statement-breakpoint\nSELECT pg_sleep(600);')
    const controller = new AbortController()
    const run = subject.migrate(folder, { signal: controller.signal })
    run.catch(() => undefined)
    await vi.waitFor(async () =>
      expect(
        await subject.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
        ),
      ).toHaveLength(1),
    )

    controller.abort()

    await expect(run).rejects.toMatchObject({ name: 'AbortError' })
    expect(await columnsOf(subject, 'slow')).toEqual([])
    expect(await journalSize(subject)).toBe(1)
    patient.add('0001_next', 'CREATE TABLE "next" ("id" integer);')
    expect((await subject.migrate(patient)).applied).toEqual(['0001_next'])
  })
})
