import { describe, expect, it } from 'vitest'
import { collectChanges } from '../../../src/change/collect.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { runDeferredStep } from '../../../src/migrate/index.ts'
import { declared, type MigrationFolder, renameFolder, users } from './folder.ts'
import {
  changeRow,
  columnsOf,
  history,
  journalSize,
  makeSubject,
  type Subject,
  setPhase,
  stepStates,
} from './subject.ts'

/** A table with one row, and its change expanded: every later step waits. */
async function expanded(): Promise<{ subject: Subject; folder: MigrationFolder }> {
  const subject = await makeSubject()
  const folder = await renameFolder()
  await subject.migrate(folder.upTo(folder.tags[0]!))
  await subject.query(`INSERT INTO users (name, age) VALUES ('Ada', 36)`)
  await subject.migrate(folder)
  await subject.query('UPDATE users SET full_name = name')
  return { subject, folder }
}

const step = (name: string) => ({ changeId: 'user-full-name', step: name })

describe('a table that existed before', () => {
  it('keeps its old column until its change is advanced', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()
    await subject.migrate(folder.upTo(folder.tags[0]!))

    const result = await subject.migrate(folder)

    expect(result.applied).toEqual([folder.tags[1]])
    expect(result.ran).toEqual([])
    expect(result.deferred.map((deferred) => deferred.step)).toEqual(['handover', 'retire', 'drop'])
    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id', 'name'])
    expect(await stepStates(subject)).toEqual({
      expand: 'done',
      handover: 'deferred',
      retire: 'deferred',
      drop: 'deferred',
    })
    expect(await changeRow(subject)).toMatchObject({
      phase: 'expanded',
      trigger_mode: 'old',
      sync_since: '1',
      epoch: '1',
      soak_ms: '0',
      copy_back: true,
      declaration: { kind: 'rename-column', schema: 'public', table: 'users', old: ['name'], new: ['full_name'] },
    })
    expect(await journalSize(subject)).toBe(5)
    expect(subject.events.filter(({ kind }) => kind === 'deferred')).toMatchObject([
      { step: step('handover'), waitsFor: expect.stringContaining('read-new') },
      { step: step('retire'), waitsFor: expect.stringContaining('contracted') },
      { step: step('drop'), waitsFor: expect.stringContaining('soak') },
    ])
  })

  it('has its steps run one by one as their gates open, by any later run', async () => {
    const { subject, folder } = await expanded()

    await setPhase(subject, 'read-switch')
    expect((await subject.migrate(folder)).ran).toEqual([])

    await setPhase(subject, 'read-new')
    expect((await subject.migrate(folder)).ran).toEqual([step('handover')])
    expect(await stepStates(subject)).toMatchObject({ handover: 'done', retire: 'deferred' })
    await expect(subject.query('INSERT INTO users (age) VALUES (1)')).rejects.toThrow(/full_name|name/)

    await setPhase(subject, 'contracted')
    expect((await subject.migrate(folder)).ran).toEqual([step('retire'), step('drop')])
    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id'])
    expect(await subject.query('SELECT full_name FROM users')).toEqual([{ full_name: 'Ada' }])
    expect(await changeRow(subject)).toMatchObject({ retired_at: expect.any(Date), dropped_at: expect.any(Date) })
    expect(await journalSize(subject)).toBe(5)
  })

  it('keeps its retired column for the soak', async () => {
    const { subject, folder } = await expanded()
    await subject.query(`UPDATE expand_contract.changes SET phase = 'contracted', soak_ms = 60000`)

    const retired = await subject.migrate(folder)

    expect(retired.ran).toEqual([step('handover'), step('retire')])
    expect(retired.deferred.map((deferred) => deferred.step)).toEqual(['drop'])
    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id', '~ec_retired_name'])

    await subject.query(`UPDATE expand_contract.changes SET retired_at = now() - interval '1 minute'`)
    expect((await subject.migrate(folder)).ran).toEqual([step('drop')])
    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id'])
  })

  it('says in a dry run what would run and what waits', async () => {
    const { subject, folder } = await expanded()
    await setPhase(subject, 'read-new')
    const before = await stepStates(subject)

    const result = await subject.migrate(folder, { dryRun: true })

    expect(result.ran).toEqual([step('handover')])
    expect(result.deferred.map((deferred) => deferred.step)).toEqual(['retire', 'drop'])
    expect(await stepStates(subject)).toEqual(before)
  })

  it('never runs the steps of a change that was abandoned', async () => {
    const { subject, folder } = await expanded()
    await setPhase(subject, 'abandoned')

    expect(await subject.migrate(folder)).toEqual({ applied: [], ran: [], deferred: [] })
    expect(await stepStates(subject)).toEqual({ expand: 'done', handover: 'void', retire: 'void', drop: 'void' })
    expect(await columnsOf(subject)).toContain('name')
  })

  it('has the steps of a change run by the names that the files hold, when the declaration is gone', async () => {
    const { subject, folder } = await expanded()
    await setPhase(subject, 'contracted')

    await subject.migrate(folder, { changes: [] })

    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id'])
  })
})

describe('a step asked for by name', () => {
  const run = ({ session }: Subject, folder: MigrationFolder, name: 'handover' | 'retire' | 'drop') =>
    runDeferredStep(session, { folder: folder.path, changes: declared }, 'user-full-name', name)

  it('runs once, without moving the epoch for a handover', async () => {
    const { subject, folder } = await expanded()
    await setPhase(subject, 'read-new')

    expect(await run(subject, folder, 'handover')).toBe('done')
    expect(await changeRow(subject)).toMatchObject({ epoch: '2', phase: 'read-new' })
    expect(await run(subject, folder, 'handover')).toBe('already-done')
    expect((await history(subject)).filter((line) => line.startsWith('step'))).toEqual(['step read-new read-new'])
  })

  it('notes when the old column was retired and dropped', async () => {
    const { subject, folder } = await expanded()
    await setPhase(subject, 'contracted')

    expect(await run(subject, folder, 'retire')).toBe('done')
    expect(await changeRow(subject)).toMatchObject({ retired_at: expect.any(Date), dropped_at: null, epoch: '3' })
    expect(await run(subject, folder, 'drop')).toBe('done')
    expect(await changeRow(subject)).toMatchObject({ dropped_at: expect.any(Date), epoch: '4' })
  })

  it('is refused while its gate is closed, and nothing is done', async () => {
    const { subject, folder } = await expanded()

    await expect(run(subject, folder, 'retire')).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    expect(await columnsOf(subject)).toContain('name')
    expect(await stepStates(subject)).toMatchObject({ retire: 'deferred' })
  })

  it('is not there where the folder has no file for it', async () => {
    const { subject, folder } = await expanded()
    expect(await run(subject, folder.upTo(folder.tags[1]!), 'drop')).toBe('not-generated')
  })
})

describe('a migration that comes after a step that waits', () => {
  it('is applied where it has nothing to do with it', async () => {
    const { subject, folder } = await expanded()
    folder.add(
      '0005_unrelated',
      'ALTER TABLE "users" ADD COLUMN "city" text;--> statement-breakpoint\nALTER TABLE "posts" DROP COLUMN "name";',
    )

    expect((await subject.migrate(folder)).applied).toEqual(['0005_unrelated'])
    expect(await columnsOf(subject)).toContain('city')
  })

  it('stops the run where it names a column of the change, naming both, until the change has ended', async () => {
    const { subject, folder } = await expanded()
    folder.add('0005_before', 'ALTER TABLE "users" ADD COLUMN "city" text;')
    folder.add('0006_conflict', 'CREATE INDEX "by_name" ON "users" ("full_name");')
    folder.add('0007_after', 'ALTER TABLE "users" ADD COLUMN "zip" text;')

    const result = await subject.migrate(folder)

    expect(result.applied).toEqual(['0005_before'])
    expect(result.stopped).toMatchObject({ code: 'EC_MIGRATION_STOPPED', outcome: 'action-needed' })
    expect(result.stopped?.message).toContain('0006_conflict')
    expect(result.stopped?.message).toContain(`${folder.tags[2]} (handover of change "user-full-name")`)
    expect(await columnsOf(subject)).not.toContain('zip')

    await setPhase(subject, 'contracted')
    expect((await subject.migrate(folder)).applied).toEqual(['0006_conflict', '0007_after'])
  })

  it('is applied out of order, where it was merged late with an earlier time', async () => {
    const { subject, folder } = await expanded()
    folder.add('0000a_late', 'ALTER TABLE "users" ADD COLUMN "city" text;', { when: folder.when(folder.tags[0]!) + 1 })

    expect((await subject.migrate(folder)).applied).toEqual(['0000a_late'])
    expect(await columnsOf(subject)).toContain('city')
  })
})

describe('a declaration that differs', () => {
  const other = collectChanges([renameColumn({ id: 'user-full-name', table: users, from: 'fullName', to: 'name' })])

  it('from what the database recorded is refused before anything runs', async () => {
    const { subject, folder } = await expanded()
    folder.add('0005_unrelated', 'ALTER TABLE "users" ADD COLUMN "city" text;')

    await expect(subject.migrate(folder, { changes: other })).rejects.toMatchObject({ code: 'EC_DECLARATION_DIFFERS' })
    expect(await columnsOf(subject)).not.toContain('city')
  })

  it('from what its files were generated for is refused before anything runs', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()

    await expect(subject.migrate(folder, { changes: other })).rejects.toMatchObject({ code: 'EC_STEP_FILE_DIFFERS' })
    expect(await columnsOf(subject)).toEqual([])
  })
})
