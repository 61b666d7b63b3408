import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { drizzle as drizzleNext } from 'drizzle-orm-rc/node-postgres'
import { migrate as migrateNext } from 'drizzle-orm-rc/node-postgres/migrator'
import { describe, expect, it } from 'vitest'
import { type AnyChange, asChange } from '../../../src/change/change.ts'
import { collectChanges } from '../../../src/change/collect.ts'
import {
  before,
  type MigrationFolder,
  plainBefore,
  plainRenameFolder,
  plainUserFullName,
  posts,
  renameFolder,
} from './folder.ts'
import { changeRow, columnsOf, history, makeSubject, type Subject, setPhase, stepStates } from './subject.ts'

const columnsBefore = ['age', 'id', 'name']
const allGone = { expand: 'done', handover: 'void', retire: 'void', drop: 'void', abandon: 'done' }
const noDeclaration = { changes: [] }

async function abandonedFolder(): Promise<MigrationFolder> {
  const folder = await renameFolder()
  await folder.giveUp({ users: before, posts })
  return folder
}

/** A table with a row and its change expanded, and then the folder of the code that has given the change up. */
async function expanded(): Promise<{ subject: Subject; folder: MigrationFolder }> {
  const subject = await makeSubject()
  const folder = await renameFolder()
  await subject.migrate(folder.upTo(folder.tags[0]!))
  await subject.query(`INSERT INTO users (name, age) VALUES ('Ada', 36)`)
  await subject.migrate(folder)
  await folder.giveUp({ users: before, posts })
  return { subject, folder }
}

async function register({ query }: Subject, release: string): Promise<void> {
  await query(
    `INSERT INTO expand_contract.processes (instance, name, release, host, pid, flags, tables, changes, lease_until)
     VALUES (gen_random_uuid(), 'billing', $1, 'web-3', 812, 'database', '["public.users"]',
             '{"user-full-name": {"hash": "", "phase": "expanded", "oldestPhase": "expanded", "epoch": 1,
               "keyedReads": {"old": 0, "new": 0, "lastOldAgoMs": null}}}', now() + interval '1 hour')`,
    [release],
  )
}

const releaseOf = ({ query }: Subject, release: string) =>
  query('DELETE FROM expand_contract.processes WHERE release = $1', [release])

async function functions({ query }: Subject): Promise<readonly unknown[]> {
  return query(
    `SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace
      WHERE nspname = 'expand_contract' AND proname ~ '^(sync|default)_'`,
  )
}

describe('a folder that has given a change up', () => {
  it('leaves an empty database as if the change had never been', async () => {
    const subject = await makeSubject()
    const folder = await abandonedFolder()

    const result = await subject.migrate(folder, noDeclaration)

    expect(result.deferred).toEqual([])
    expect(result.stopped).toBeUndefined()
    expect(await columnsOf(subject)).toEqual(columnsBefore)
    expect(await functions(subject)).toEqual([])
    expect(await stepStates(subject)).toEqual(allGone)
    expect(await changeRow(subject)).toMatchObject({ phase: 'abandoned', retired_at: null, trigger_mode: null })
    expect(await history(subject)).toEqual([
      'transition planned expanded',
      'transition expanded abandoned',
      'step abandoned abandoned',
    ])
    expect(await subject.migrate(folder, noDeclaration)).toEqual({ applied: [], ran: [], deferred: [] })
  })

  it('leaves a table that had rows and has not met the change as it was', async () => {
    const subject = await makeSubject()
    const folder = await abandonedFolder()
    await subject.migrate(folder.upTo(folder.tags[0]!), noDeclaration)
    await subject.query(`INSERT INTO users (name) VALUES ('Ada')`)

    const result = await subject.migrate(folder, noDeclaration)

    expect(result.deferred).toEqual([])
    expect(await columnsOf(subject)).toEqual(columnsBefore)
    expect(await stepStates(subject)).toEqual(allGone)
    expect(await subject.query('SELECT name FROM users')).toEqual([{ name: 'Ada' }])
  })

  it.each(['expanded', 'abandoned'])(
    'takes the new column from a database in which the change is %s',
    async (phase) => {
      const { subject, folder } = await expanded()
      await setPhase(subject, phase)

      expect((await subject.migrate(folder, noDeclaration)).applied).toEqual([folder.tags[5]])

      expect(await columnsOf(subject)).toEqual(columnsBefore)
      expect(await functions(subject)).toEqual([])
      expect(await stepStates(subject)).toEqual(allGone)
      expect(await changeRow(subject)).toMatchObject({ phase: 'abandoned', trigger_mode: null, trigger_version: null })
      expect(await subject.query('SELECT name, age FROM users')).toEqual([{ name: 'Ada', age: 36 }])
      await subject.query(`INSERT INTO users (name) VALUES ('Grace')`)
    },
  )

  it.each(['dual-write', 'read-switch', 'read-new', 'new-only', 'contracted'])(
    'waits in a database in which the change is in %s, and says so, until it is taken back',
    async (phase) => {
      const { subject, folder } = await expanded()
      await setPhase(subject, phase)

      const { deferred } = await subject.migrate(folder, noDeclaration)

      expect(deferred).toEqual([
        { changeId: 'user-full-name', step: 'abandon', waitsFor: expect.stringContaining(`it is in "${phase}"`) },
      ])
      expect(await columnsOf(subject)).toContain('full_name')
      expect(await stepStates(subject)).toMatchObject({ handover: 'void', abandon: 'deferred' })

      await setPhase(subject, 'abandoned')
      expect((await subject.migrate(folder, noDeclaration)).ran).toEqual([
        { changeId: 'user-full-name', step: 'abandon' },
      ])
      expect(await columnsOf(subject)).toEqual(columnsBefore)
    },
  )

  it('waits for processes that still declare the change, and names them', async () => {
    const { subject, folder } = await expanded()
    await register(subject, '4f2a1c')

    expect((await subject.migrate(folder, noDeclaration)).deferred).toMatchObject([
      { step: 'abandon', waitsFor: expect.stringContaining('billing 4f2a1c on web-3 (pid 812)') },
    ])
    expect(await columnsOf(subject)).toContain('full_name')

    await releaseOf(subject, '4f2a1c')
    await subject.migrate(folder, noDeclaration)
    expect(await columnsOf(subject)).toEqual(columnsBefore)
  })

  it('never removes the column where the handover has been applied', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()
    await subject.migrate(folder.upTo(folder.tags[0]!))
    await subject.migrate(folder)
    await setPhase(subject, 'read-new')
    await subject.migrate(folder)
    await setPhase(subject, 'expanded')
    await folder.giveUp({ users: before, posts })

    expect((await subject.migrate(folder, noDeclaration)).deferred).toMatchObject([
      { step: 'abandon', waitsFor: expect.stringContaining('the handover step has been applied here') },
    ])
    expect(await columnsOf(subject)).toContain('full_name')
    expect(await stepStates(subject)).toMatchObject({ handover: 'done' })
  })

  it('holds up a later migration that names the column, and no other, while its step waits', async () => {
    const { subject, folder } = await expanded()
    await setPhase(subject, 'dual-write')
    folder.add('0006_unrelated', 'ALTER TABLE "users" ADD COLUMN "city" text;')
    folder.add('0007_again', 'ALTER TABLE "users" ADD COLUMN "full_name" text;')

    const result = await subject.migrate(folder, noDeclaration)

    expect(result.stopped).toMatchObject({ code: 'EC_MIGRATION_STOPPED' })
    expect(await columnsOf(subject)).toEqual(['age', 'city', 'full_name', 'id', 'name'])
  })
})

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

describe.each(versions)('with Drizzle’s migrate() of $version, a folder that has given a change up', (version) => {
  const changes = collectChanges([plainUserFullName])

  async function givenUp(): Promise<MigrationFolder> {
    const folder = await plainRenameFolder()
    await folder.giveUp({ users: plainBefore, posts })
    return folder
  }

  it('is run in an empty database, and ours takes the change in as abandoned', async () => {
    const subject = await makeSubject()
    const folder = version.format(await givenUp())
    await version.migrate(subject, folder)
    expect(await columnsOf(subject)).toEqual(columnsBefore)

    expect(await subject.migrate(folder, noDeclaration)).toEqual({ applied: [], ran: [], deferred: [] })
    expect(await changeRow(subject)).toMatchObject({ phase: 'abandoned' })
    expect(await stepStates(subject)).toEqual(allGone)
  })

  it('is refused by a database in which the change is under way, until it is abandoned there', async () => {
    const subject = await makeSubject()
    const generated = await plainRenameFolder()
    await subject.migrate(version.format(generated.upTo(generated.tags[0]!)), { changes })
    await subject.migrate(version.format(generated), { changes })
    await generated.giveUp({ users: plainBefore, posts })
    const folder = version.format(generated)

    for (const phase of ['expanded', 'dual-write', 'new-only']) {
      await setPhase(subject, phase)
      await expect(version.migrate(subject, folder)).rejects.toMatchObject({ cause: { code: '55000' } })
      expect(await columnsOf(subject)).toContain('full_name')
    }
    await setPhase(subject, 'abandoned')
    await register(subject, '4f2a1c')
    await expect(version.migrate(subject, folder)).rejects.toMatchObject({ cause: { code: '55000' } })
    await releaseOf(subject, '4f2a1c')

    await version.migrate(subject, folder)
    expect(await columnsOf(subject)).toEqual(columnsBefore)
    expect(await subject.migrate(folder, noDeclaration)).toEqual({ applied: [], ran: [], deferred: [] })
    expect(await stepStates(subject)).toEqual(allGone)
  })

  it('may have expanded a table before: ours removes what that added', async () => {
    const subject = await makeSubject()
    const generated = await plainRenameFolder()
    await version.migrate(subject, version.format(generated.upTo(generated.tags[1]!)))
    await generated.giveUp({ users: plainBefore, posts })

    await subject.migrate(version.format(generated), noDeclaration)

    expect(await columnsOf(subject)).toEqual(columnsBefore)
    expect(await changeRow(subject)).toMatchObject({ phase: 'abandoned' })
  })
})

describe('a change without a sync trigger that was given up', () => {
  const [declared] = collectChanges([plainUserFullName])
  const change = asChange({ ...declared!, sync: 'none', copyBack: false }) as unknown as AnyChange

  it.each([
    { how: 'is not there in an empty database', last: undefined },
    { how: 'leaves a table that has not met it', last: 0 },
    { how: 'leaves a table in which Drizzle’s migrate() had expanded it', last: 1 },
  ])('$how', async ({ last }) => {
    const subject = await makeSubject()
    const folder = await plainRenameFolder([change])
    const began = last === undefined ? undefined : folder.upTo(folder.tags[last]!)
    if (began !== undefined) await versions[0].migrate(subject, began)
    await folder.giveUp({ users: plainBefore, posts })

    expect((await subject.migrate(folder, noDeclaration)).deferred).toEqual([])

    expect(await columnsOf(subject)).toEqual(columnsBefore)
    expect(await changeRow(subject)).toMatchObject({ phase: 'abandoned', sync: 'none' })
    expect(await stepStates(subject)).toEqual(allGone)
  })
})
