import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { drizzle as drizzleNext } from 'drizzle-orm-rc/node-postgres'
import { migrate as migrateNext } from 'drizzle-orm-rc/node-postgres/migrator'
import { describe, expect, it } from 'vitest'
import { collectChanges } from '../../../src/change/collect.ts'
import { identity } from '../../../src/change/sql-transform.ts'
import { triggerState } from '../../../src/sync/index.ts'
import { type MigrationFolder, plainRenameFolder, plainUserFullName, renameFolder } from './folder.ts'
import { changeRow, columnsOf, makeSubject, type Subject, stepStates } from './subject.ts'

const changes = collectChanges([plainUserFullName])
const usersTable = { schema: 'public', name: 'users' }

/** Drizzle's own `migrate()` of both versions, each with the folder format that it reads. */
const versions = [
  {
    version: '0.45',
    format: (folder: MigrationFolder) => folder,
    migrate: ({ database }: Subject, { path }: MigrationFolder) =>
      migrate(drizzle({ client: database.pool }), { migrationsFolder: path }),
  },
  {
    version: '1.0',
    format: (folder: MigrationFolder) => folder.asFolderPerMigration(),
    migrate: ({ database }: Subject, { path }: MigrationFolder) =>
      migrateNext(drizzleNext({ client: database.pool }), { migrationsFolder: path }),
  },
] as const

/** All that Drizzle could change: the tables, and its own journal. */
async function state(subject: Subject): Promise<unknown> {
  return [
    await columnsOf(subject),
    await columnsOf(subject, 'posts'),
    await subject.query('SELECT hash, created_at FROM drizzle.__drizzle_migrations ORDER BY id'),
    await changeRow(subject),
  ]
}

describe.each(versions)('Drizzle’s migrate() of $version', (drizzleVersion) => {
  it('finds nothing to do after ours, with a deferred drop that is last', async () => {
    const subject = await makeSubject()
    const generated = await renameFolder()
    const folder = drizzleVersion.format(generated)
    await subject.migrate(drizzleVersion.format(generated.upTo(generated.tags[0]!)))
    expect((await subject.migrate(folder)).deferred).toHaveLength(3)
    const before = await state(subject)

    await drizzleVersion.migrate(subject, folder)

    expect(await state(subject)).toEqual(before)
  })

  it('finds nothing to do after ours, with a deferred drop that is not last', async () => {
    const subject = await makeSubject()
    const generated = await renameFolder()
    await subject.migrate(drizzleVersion.format(generated.upTo(generated.tags[0]!)))
    generated.add('0005_later', 'ALTER TABLE "users" ADD COLUMN "city" text;')
    const folder = drizzleVersion.format(generated)
    expect((await subject.migrate(folder)).deferred).toHaveLength(3)
    const before = await state(subject)

    await drizzleVersion.migrate(subject, folder)

    expect(await state(subject)).toEqual(before)
  })

  it('may have run all steps in an empty database: ours takes the change in as ended', async () => {
    const subject = await makeSubject()
    const folder = drizzleVersion.format(await plainRenameFolder())
    await drizzleVersion.migrate(subject, folder)

    expect(await subject.migrate(folder, { changes })).toEqual({ applied: [], ran: [], deferred: [] })

    expect(subject.events).toContainEqual({ kind: 'recognised', changeId: 'user-full-name', phase: 'contracted' })
    expect(await stepStates(subject)).toEqual({ expand: 'done', handover: 'done', retire: 'done', drop: 'done' })
    expect(await changeRow(subject)).toMatchObject({ phase: 'contracted', dropped_at: expect.any(Date) })
    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id'])
  })

  it('may have run the expand step alone: ours takes the change in as expanded and goes on', async () => {
    const subject = await makeSubject()
    const generated = await plainRenameFolder()
    await drizzleVersion.migrate(subject, drizzleVersion.format(generated.upTo(generated.tags[1]!)))

    const result = await subject.migrate(drizzleVersion.format(generated), { changes })

    expect(result.applied).toEqual([])
    expect(result.deferred.map(({ step }) => step)).toEqual(['handover', 'retire', 'drop'])
    expect(await changeRow(subject)).toMatchObject({ phase: 'expanded', trigger_mode: 'old', sync_since: '1' })
    expect(await stepStates(subject)).toMatchObject({ expand: 'done', handover: 'deferred' })
  })

  it('may have retired the column and not dropped it: ours takes the change in as contracted, and takes its writes', async () => {
    const subject = await makeSubject()
    const generated = await plainRenameFolder()
    await drizzleVersion.migrate(subject, drizzleVersion.format(generated.upTo(generated.tags[3]!)))
    await expect(subject.query(`INSERT INTO users (full_name) VALUES ('Ada')`)).rejects.toMatchObject({ code: '55000' })

    await subject.migrate(drizzleVersion.format(generated.upTo(generated.tags[3]!)), { changes })

    expect(await changeRow(subject)).toMatchObject({ phase: 'contracted', trigger_mode: 'new', sync_since: '1' })
    expect(
      await triggerState(subject.session.client, plainUserFullName, { table: usersTable, transform: identity }),
    ).toMatchObject({
      mode: 'new',
      enabledAlways: true,
    })
    await subject.query(`INSERT INTO users (full_name) VALUES ('Ada')`)
    expect(await subject.query('SELECT full_name, "~ec_retired_name" AS retired FROM users')).toEqual([
      { full_name: 'Ada', retired: 'Ada' },
    ])
    expect((await subject.migrate(drizzleVersion.format(generated), { changes })).applied).toEqual([
      drizzleVersion.format(generated).tags[4],
    ])
  })

  it('cannot drop the column of a change that ours has recorded, whatever its journal holds', async () => {
    const subject = await makeSubject()
    const generated = await plainRenameFolder()
    await subject.migrate(drizzleVersion.format(generated.upTo(generated.tags[1]!)), { changes })

    await expect(drizzleVersion.migrate(subject, drizzleVersion.format(generated))).rejects.toThrow()
    expect(await columnsOf(subject)).toContain('name')
  })

  it('takes over a database that ours began', async () => {
    const subject = await makeSubject()
    const generated = await plainRenameFolder()
    await subject.migrate(drizzleVersion.format(generated.upTo(generated.tags[0]!)), { changes })
    const next = generated.upTo(generated.tags[0]!)
    next.add('0001_more', 'CREATE TABLE "more" ("id" integer);')

    await drizzleVersion.migrate(subject, drizzleVersion.format(next))

    expect(await columnsOf(subject, 'more')).toEqual(['id'])
    expect(await subject.migrate(drizzleVersion.format(next))).toMatchObject({ applied: [] })
  })
})

describe('a journal of 0.45 whose folder was converted for 1.0', () => {
  it('holds the same migrations', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()
    await subject.migrate(folder)

    expect(await subject.migrate(folder.asFolderPerMigration())).toEqual({ applied: [], ran: [], deferred: [] })
    await migrateNext(drizzleNext({ client: subject.database.pool }), {
      migrationsFolder: folder.asFolderPerMigration().path,
    })
    expect(await subject.migrate(folder.asFolderPerMigration())).toEqual({ applied: [], ran: [], deferred: [] })
  })
})
