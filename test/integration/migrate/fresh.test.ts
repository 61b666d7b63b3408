import { describe, expect, it } from 'vitest'
import { renameFolder } from './folder.ts'
import { changeRow, columnsOf, history, journalSize, makeSubject, stepStates } from './subject.ts'

const allDone = { expand: 'done', handover: 'done', retire: 'done', drop: 'done' }

describe('a database that is empty', () => {
  it('takes all steps in one run and ends where production ends', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()

    const result = await subject.migrate(folder)

    expect(result).toEqual({ applied: folder.tags, ran: [], deferred: [] })
    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id'])
    expect(await stepStates(subject)).toEqual(allDone)
    expect(await changeRow(subject)).toMatchObject({
      phase: 'contracted',
      trigger_mode: 'new',
      retired_at: expect.any(Date),
      dropped_at: expect.any(Date),
    })
    expect(await journalSize(subject)).toBe(5)
    expect(await history(subject)).toEqual([
      'transition planned expanded',
      'step expanded expanded',
      'transition expanded contracted',
      'step contracted contracted',
      'step contracted contracted',
    ])
  })

  it('is left alone by a second run', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()
    await subject.migrate(folder)
    const before = [await changeRow(subject), await journalSize(subject), await history(subject)]

    expect(await subject.migrate(folder)).toEqual({ applied: [], ran: [], deferred: [] })
    expect([await changeRow(subject), await journalSize(subject), await history(subject)]).toEqual(before)
    expect(subject.events).toEqual([])
  })

  it('ends the same when the declaration is gone from the code', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()

    await subject.migrate(folder, { changes: [] })

    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id'])
    expect(await stepStates(subject)).toEqual(allDone)
    expect(await changeRow(subject)).toMatchObject({ phase: 'contracted' })
  })

  it('keeps the rows that migrations of the same run put into the table, before the change and within it', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()
    folder.add('0005_early', `INSERT INTO users (name) VALUES ('Ada')`, { when: folder.when(folder.tags[0]!) + 1 })
    folder.add('0006_within', `INSERT INTO users (name) VALUES ('Grace')`, { when: folder.when(folder.tags[2]!) + 1 })
    folder.add('0007_late', `INSERT INTO users (full_name) VALUES ('Joan')`)

    await subject.migrate(folder)

    expect(await subject.query('SELECT full_name FROM users ORDER BY id')).toEqual([
      { full_name: 'Ada' },
      { full_name: 'Grace' },
      { full_name: 'Joan' },
    ])
  })

  it('has its indexes built inside the transaction, also by an ordinary migration that says CONCURRENTLY', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()
    folder.add('0005_index', 'CREATE INDEX CONCURRENTLY "users_age" ON "users" ("age");\nSELECT 1;')

    await subject.migrate(folder)

    const indexes = await subject.query<{ indexname: string }>(
      `SELECT indexname FROM pg_indexes WHERE tablename = 'users' ORDER BY 1`,
    )
    expect(indexes.map(({ indexname }) => indexname)).toEqual(['users_age', 'users_full_name_unique', 'users_pkey'])
  })

  it('is told about and not touched in a dry run', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()

    const result = await subject.migrate(folder, { dryRun: true })

    expect(result).toEqual({ applied: folder.tags, ran: [], deferred: [] })
    expect(
      await subject.query(`SELECT nspname FROM pg_namespace WHERE nspname IN ('drizzle', 'expand_contract')`),
    ).toEqual([])
    expect(await columnsOf(subject)).toEqual([])
  })
})
