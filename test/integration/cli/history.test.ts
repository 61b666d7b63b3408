import { beforeAll, describe, expect, it } from 'vitest'
import { type Renaming, startRenaming } from '../../support/renaming.ts'
import { runCommand } from '../registry/command-line.ts'

let renaming: Renaming
beforeAll(async () => {
  renaming = await startRenaming()
})

/** From code that has deleted the declaration. */
const history = (...args: readonly string[]) => runCommand(renaming.database.url, 'after.config.ts', 'history', ...args)

describe('history, of a change that is not declared any more', () => {
  it.each([[['user-full-name']], [[]]])('%j tells what the database recorded', async (args) => {
    expect(await history(...args)).toMatchObject({
      code: 0,
      document: { change: 'user-full-name', history: [{ fromPhase: 'planned', toPhase: 'expanded' }] },
    })
  })

  it('knows no change that neither code nor database knows', async () => {
    expect(await history('user-nickname')).toMatchObject({
      code: 3,
      document: { error: { code: 'EC_CHANGE_UNDECLARED', message: 'No change "user-nickname" is declared.' } },
    })
  })
})
