import { expect, it } from 'vitest'
import { planNext } from '../../../src/advance/plan.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import type { Target } from '../../../src/advance/target.ts'
import type { AnyChange } from '../../../src/change/change.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { advanceTo, startRenaming, users } from '../../support/renaming.ts'

const withoutCopyBack = renameColumn({
  id: 'user-full-name',
  table: users,
  from: 'name',
  to: 'fullName',
  soak: '0',
  copyBack: false,
}) as unknown as AnyChange

/** Reads are on new, and the handover that is due was generated with copy-back. */
async function switchedOff() {
  const renaming = await startRenaming()
  await advanceTo(renaming, 'read-new')
  return { before: renaming.target, now: { ...renaming.target, change: withoutCopyBack } }
}

async function phaseAfterNext(target: Target): Promise<string> {
  await takeNext(target, await planNext(target))
  return (await planNext(target)).facts.phase
}

it('copy-back switched off after the handover was generated: old stays NOT NULL, so nobody is let into new-only', async () => {
  const { before, now } = await switchedOff()
  await expect(phaseAfterNext(now)).rejects.toMatchObject({
    code: 'EC_GUARD_REFUSED',
    message: expect.stringContaining('users.name has kept its NOT NULL'),
  })
  expect((await planNext(now)).blockers).toMatchObject([{ guard: 'rows may leave the old side out', kind: 'safety' }])
  expect(await phaseAfterNext(before)).toBe('new-only')
})

it('with what the handover left on old dropped by hand, new alone can be inserted in new-only', async () => {
  const { now } = await switchedOff()
  const { client } = now.session
  await client.query('ALTER TABLE users ADD CONSTRAINT "named" CHECK (name IS NOT NULL)')
  await expect(phaseAfterNext(now)).rejects.toThrow(/its NOT NULL.*its constraint named/s)
  await client.query('ALTER TABLE users ALTER COLUMN name DROP NOT NULL, DROP CONSTRAINT "named"')
  expect(await phaseAfterNext(now)).toBe('new-only')
  await client.query(`INSERT INTO users (full_name) VALUES ('Ada')`)
})
