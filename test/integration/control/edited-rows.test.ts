import { expect, it } from 'vitest'
import { planNext } from '../../../src/advance/plan.ts'
import { runMigrations } from '../../../src/migrate/index.ts'
import { advanceTo, startRenaming } from '../../support/renaming.ts'

it('a row edited by hand of a change that is not declared keeps nobody from moving another change', async () => {
  const renaming = await startRenaming()
  const { session, changes, migrations } = renaming.target
  await session.client.query(
    `INSERT INTO expand_contract.changes (id, declaration, declaration_hash, phase, soak_ms) VALUES ('other', 'null', '', 'done', 0)`,
  )
  await advanceTo(renaming, 'new-only') // the handover on the way takes the migration runner
  expect(await runMigrations(session, { folder: migrations.folder, changes })).toMatchObject({ applied: [] })
})

it('the row of the change itself is refused', async () => {
  const { target } = await startRenaming()
  await target.session.client.query('UPDATE expand_contract.changes SET read_percent = 101')
  await expect(planNext(target)).rejects.toMatchObject({ code: 'EC_ROW_UNREADABLE' })
})
