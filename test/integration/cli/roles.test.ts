import { beforeAll, describe, expect, it } from 'vitest'
import { createLoginRole, type LoginRole } from '../../support/login-role.ts'
import { type Renaming, startRenaming } from '../../support/renaming.ts'
import { runCommand } from '../registry/command-line.ts'

let renaming: Renaming
let application: LoginRole
beforeAll(async () => {
  renaming = await startRenaming()
  application = await createLoginRole(renaming.database, 'application')
})

const run = (url: string, ...args: readonly string[]) => runCommand(url, 'expand-contract.config.ts', ...args)
const mayRead = async () =>
  (
    await renaming.database.pool.query(
      `SELECT has_schema_privilege($1, 'expand_contract', 'USAGE')
          AND has_table_privilege($1, (SELECT c.oid FROM pg_class c WHERE c.relname = 'changes'
                AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'expand_contract')), 'SELECT') AS may`,
      [application.name],
    )
  ).rows[0].may

describe('roles', () => {
  it('prints the SQL, and grants nothing without --apply', async () => {
    expect(await run(renaming.database.url, 'roles', '--application', application.name)).toMatchObject({
      code: 0,
      document: { applied: false, sql: [{ part: 'application' }] },
    })
    expect(await mayRead()).toBe(false)
  })

  it('--apply grants it; the role may look and may not move a phase, and is told which right it lacks', async () => {
    expect(await run(renaming.database.url, 'roles', '--application', application.name, '--apply')).toMatchObject({
      code: 0,
      document: { applied: true },
    })
    expect(await mayRead()).toBe(true)
    expect(await run(application.url, 'next', '--yes')).toMatchObject({
      code: 2,
      document: {
        error: { code: 'EC_RIGHT_MISSING', message: expect.stringContaining(`Role "${application.name}" may not`) },
      },
    })
    const { rows } = await renaming.database.pool.query('SELECT phase FROM expand_contract.changes')
    expect(rows).toEqual([{ phase: 'expanded' }])
  })

  it('--apply by a role that may not grant says so, and applies nothing', async () => {
    expect(await run(application.url, 'roles', '--backfill', application.name, '--apply')).toMatchObject({
      code: 2,
      document: { error: { code: 'EC_RIGHT_MISSING' } },
    })
  })
})
