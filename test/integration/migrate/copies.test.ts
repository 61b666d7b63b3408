import { describe, expect, it } from 'vitest'
import { renameFolder } from './folder.ts'
import { columnsOf, makeSubject, setPhase, stepStates } from './subject.ts'

describe('a copy of a database in the middle of a change', () => {
  it('goes on from there', async () => {
    const original = await makeSubject()
    const folder = await renameFolder()
    await original.migrate(folder.upTo(folder.tags[0]!))
    await original.query(`INSERT INTO users (name) VALUES ('Ada')`)
    await original.migrate(folder)
    await original.query('UPDATE users SET full_name = name')
    await original.close()

    const copy = await makeSubject({ template: original.database.name })
    expect(await copy.migrate(folder)).toMatchObject({ applied: [], ran: [], deferred: [{}, {}, {}] })
    await setPhase(copy, 'contracted')
    await copy.migrate(folder)

    expect(await columnsOf(copy)).toEqual(['age', 'full_name', 'id'])
    expect(await stepStates(copy)).toEqual({ expand: 'done', handover: 'done', retire: 'done', drop: 'done' })
    expect(await copy.query('SELECT full_name FROM users')).toEqual([{ full_name: 'Ada' }])
  })
})
