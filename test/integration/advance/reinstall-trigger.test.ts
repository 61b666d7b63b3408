import { describe, expect, it } from 'vitest'
import { planNext } from '../../../src/advance/plan.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import type { Phase } from '../../../src/phase/phase.ts'
import { advanceTo, type Renaming, schemasWithDefault, startRenaming } from '../../support/renaming.ts'

const { before, during, change } = schemasWithDefault

async function renamingIn(phase: Phase): Promise<Renaming> {
  const renaming = await startRenaming({ before, during, change })
  await advanceTo(renaming, phase)
  return renaming
}

async function next({ target }: Renaming): Promise<string> {
  const plan = await planNext(target)
  await takeNext(target, plan)
  return plan.step.kind
}

const dropFunction = 'DROP FUNCTION expand_contract."sync_user-full-name"() CASCADE'
const dropDefault = 'DROP FUNCTION expand_contract."default_user-full-name"() CASCADE'

describe.each(['expanded', 'dual-write', 'read-switch'] as const)('a sync trigger that was dropped in %s', (phase) => {
  it('is put back, with the default that it gave, and the proof begins anew', async () => {
    const renaming = await renamingIn(phase)
    const { pool } = renaming.database
    await pool.query(dropFunction)
    await pool.query(dropDefault)
    await pool.query(`INSERT INTO users (id, name) VALUES (100, 'missed')`)

    expect([await next(renaming), await next(renaming)]).toEqual(['reinstall', 'prove-anew'])
    await pool.query('INSERT INTO users (id) VALUES (101)')
    await advanceTo(renaming, 'read-new')

    const { rows } = await pool.query('SELECT id, name, full_name FROM users WHERE id >= 100 ORDER BY id')
    expect(rows).toEqual([
      { id: 100, name: 'missed', full_name: 'missed' },
      { id: 101, name: 'nobody', full_name: 'nobody' },
    ])
  })
})

it('in new-only it is put back as it was armed, and old is refused again', async () => {
  const renaming = await renamingIn('new-only')
  const { pool } = renaming.database
  expect(await next(renaming)).toBe('arm')
  await pool.query(dropFunction)

  expect([await next(renaming), await next(renaming)]).toEqual(['reinstall', 'prove-anew'])

  await expect(pool.query(`INSERT INTO users (name) VALUES ('stale')`)).rejects.toMatchObject({ code: '55000' })
})

it('under the name that a retired column has', async () => {
  const renaming = await renamingIn('contracted')
  const { pool } = renaming.database
  expect(await next(renaming)).toBe('retire')
  await pool.query(dropFunction)
  await pool.query(dropDefault)

  expect(await next(renaming)).toBe('reinstall')

  await pool.query('INSERT INTO users (id) VALUES (101)')
  await pool.query(`INSERT INTO users (id, full_name) VALUES (102, 'Ada')`)
  const { rows } = await pool.query('SELECT full_name, "~ec_retired_name" AS old FROM users WHERE id > 100 ORDER BY id')
  expect(rows).toEqual([
    { full_name: 'nobody', old: 'nobody' },
    { full_name: 'Ada', old: 'Ada' },
  ])
})

it('one operator of two puts it back', async () => {
  const renaming = await renamingIn('dual-write')
  await renaming.database.pool.query(dropFunction)
  const plan = await planNext(renaming.target)
  await takeNext(renaming.target, plan)
  expect(await next(renaming)).toBe('prove-anew')
  await expect(takeNext(renaming.target, plan)).rejects.toMatchObject({ code: 'EC_EPOCH_CONFLICT' })
})
