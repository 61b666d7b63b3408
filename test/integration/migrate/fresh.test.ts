import { describe, expect, it } from 'vitest'
import { renameFolder, tableFolder } from './folder.ts'
import { changeRow, columnsOf, journalSize, makeSubject, setPhase, stepStates } from './subject.ts'

describe('a database that is empty', () => {
  it('takes all steps in one run and ends where production ends', async () => {
    const subject = await makeSubject()
    const folder = await renameFolder()

    const result = await subject.migrate(folder)

    expect(result).toEqual({ applied: folder.tags, ran: [], deferred: [] })
    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id'])
    expect(await stepStates(subject)).toEqual({ expand: 'done', handover: 'done', retire: 'done', drop: 'done' })
    expect(await changeRow(subject)).toMatchObject({
      phase: 'contracted',
      retired_at: expect.any(Date),
      dropped_at: expect.any(Date),
    })
    expect(await journalSize(subject)).toBe(5)
  })
})

describe('a table that existed before', () => {
  it('keeps its old column until its change is advanced', async () => {
    const subject = await makeSubject()
    await subject.migrate(await tableFolder())
    const folder = await renameFolder()

    const result = await subject.migrate(folder)

    expect(result.applied).toEqual([folder.tags[1]])
    expect(result.deferred.map(({ step }) => step)).toEqual(['handover', 'retire', 'drop'])
    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id', 'name'])
    expect(await stepStates(subject)).toEqual({
      expand: 'done',
      handover: 'deferred',
      retire: 'deferred',
      drop: 'deferred',
    })
    expect(await changeRow(subject)).toMatchObject({ phase: 'expanded', trigger_mode: 'old', sync_since: '1' })
    expect(await journalSize(subject)).toBe(5)

    await setPhase(subject, 'read-new')
    expect((await subject.migrate(folder)).ran).toEqual([{ changeId: 'user-full-name', step: 'handover' }])
  })
})
