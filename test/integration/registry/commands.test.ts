import { drizzle } from 'drizzle-orm/node-postgres'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createToolkit } from '../../../src/index.ts'
import { advanceTo, type Renaming, schema, startRenaming, userFullName } from '../../support/renaming.ts'
import { runCommand } from './command-line.ts'
import * as after from './project/after.ts'

const current = 'expand-contract.config.ts'

let renaming: Renaming
beforeAll(async () => {
  renaming = await startRenaming()
  await advanceTo(renaming, 'dual-write')
})

interface Checked {
  readonly mayRun: boolean
  readonly findings: readonly { readonly change: string; readonly problem: string; readonly fix: string }[]
}

const check = (config: string) => runCommand<Checked>(renaming.database.url, config, 'check', '--release')
const status = () => runCommand<Record<string, unknown>>(renaming.database.url, current, 'status')

/** Edits the row of the change by hand, until the test has ended. */
async function edit(column: string, value: string): Promise<void> {
  const { client } = renaming.target.session
  const { rows } = await client.query(`SELECT ${column} AS before FROM expand_contract.changes`)
  onTestFinished(async () => {
    await client.query(`UPDATE expand_contract.changes SET ${column} = $1`, [rows[0]!.before])
  })
  await client.query(`UPDATE expand_contract.changes SET ${column} = $1`, [value])
}

describe('check --release', () => {
  it('lets a build run that declares what is recorded', async () => {
    expect(await check(current)).toMatchObject({ code: 0, document: { mayRun: true, findings: [] } })
  })

  it('refuses a build that deletes the declaration before the drop, as start() does', async () => {
    expect(await check('after.config.ts')).toMatchObject({
      code: 2,
      document: {
        mayRun: false,
        findings: [{ change: 'user-full-name', problem: expect.stringContaining('deleted its declaration') }],
      },
    })
    const toolkit = createToolkit({ db: drizzle({ client: renaming.database.pool }), schema: after, changes: {} })
    await expect(toolkit.start()).rejects.toMatchObject({ code: 'EC_CHANGE_FORGOTTEN' })
  })

  it('refuses a build that is declared differently', async () => {
    const { declaration } = (
      await renaming.target.session.client.query('SELECT declaration FROM expand_contract.changes')
    ).rows[0]!
    await edit('declaration', JSON.stringify({ ...declaration, new: ['surname'] }))
    expect(await check(current)).toMatchObject({
      code: 2,
      document: { findings: [{ problem: expect.stringContaining('declared ["full_name"]') }] },
    })
  })
})

describe('status', () => {
  it('names a row of a change that was edited by hand, and does not fail on it', async () => {
    await edit('phase', 'done')
    const { code, document } = await status()
    expect(code).toBe(1)
    expect(document.changes).toMatchObject([
      {
        change: 'user-full-name',
        error: {
          code: 'EC_ROW_UNREADABLE',
          message: expect.stringContaining('Row "user-full-name" of expand_contract.changes'),
          fix: expect.stringContaining('history user-full-name'),
        },
      },
    ])
  })

  it('tells the oldest release that is safe to deploy, and why those before it are not', async () => {
    const start = async (release: string, changes: object) => {
      const db = drizzle({ client: renaming.database.pool })
      const toolkit = createToolkit({
        db,
        schema,
        changes: { ...changes },
        process: { name: 'billing', release },
        log: () => {},
      })
      await toolkit.start()
      await toolkit.stop()
    }
    await start('1', {})
    await start('2', { userFullName })
    await start('3', { userFullName })
    const releases = async () => (await status()).document.releases
    expect(await releases()).toMatchObject([{ name: 'billing', oldestSafe: { release: '1' }, unsafe: [] }])
    await edit('phase', 'new-only')
    expect(await releases()).toMatchObject([
      {
        name: 'billing',
        oldestSafe: { release: '2' },
        unsafe: [{ release: '1', because: ['does not know "user-full-name"'] }],
      },
    ])
  })
})

describe('contract', () => {
  it('says that it is not done where something else comes first, which is left to next', async () => {
    const { database, target } = await startRenaming()
    await advanceTo({ database, target }, 'new-only')
    await target.session.client.query('ALTER TABLE users DISABLE TRIGGER USER; ALTER TABLE users ENABLE TRIGGER USER')
    for (const options of [['--yes'], ['--dry-run']]) {
      expect(await runCommand(database.url, current, 'contract', ...options)).toMatchObject({
        code: 2,
        document: { phase: 'new-only', next: { kind: 'prove-anew' } },
      })
    }
  })
})
