import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { beforeAll, expect, test } from 'vitest'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { type Step, steps } from '../../../src/change/step.ts'
import { installControlTables } from '../../../src/control/install.ts'
import { openSession } from '../../../src/control/session.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { apply, Project } from './project.ts'

const users = pgTable('users', { id: integer().primaryKey(), name: text(), fullName: text('full_name') })
const project = new Project()
let database: TestDatabase

beforeAll(async () => {
  await project.generate({ users }, [
    renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' }),
  ])
  database = await createTestDatabase()
  const session = await openSession(database.url)
  await installControlTables(session)
  await session.close()
  await apply(database.pool, project, ({ tag }) => !/_(retire|drop)$/.test(tag))
})

test('all steps at once on a table with rows stop before a value is lost; with filled rows, or none, they go on', async () => {
  const client = await database.pool.connect()
  try {
    await client.query('BEGIN')
    await client.query(
      `INSERT INTO users (id, name) VALUES (1, 'Ada'); ALTER TABLE users DISABLE TRIGGER USER; UPDATE users SET full_name = NULL`,
    )
    await client.query('SAVEPOINT unfilled')
    await expect(applyStep(client, 'retire')).rejects.toMatchObject({
      code: '55000',
      message:
        'Change "user-full-name": the retire step may not run, because rows of table "public"."users" have not been filled. Nothing was changed.',
    })
    await client.query('ROLLBACK TO unfilled; UPDATE users SET full_name = name')
    await applyStep(client, 'retire')
    expect((await client.query('SELECT full_name FROM users')).rows).toEqual([{ full_name: 'Ada' }])
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
})

test.each([
  { step: 'retire', phase: 'new-only', retired: null, opens: false },
  { step: 'retire', phase: 'read-new', retired: null, opens: false },
  { step: 'retire', phase: 'abandoned', retired: null, opens: false },
  { step: 'retire', phase: 'contracted', retired: null, opens: true },
  { step: 'drop', phase: 'contracted', retired: null, opens: false },
  { step: 'drop', phase: 'contracted', retired: '59 minutes', opens: false },
  { step: 'drop', phase: 'new-only', retired: '61 minutes', opens: false },
  { step: 'drop', phase: 'contracted', retired: '61 minutes', opens: true },
] as const)('$step in $phase, retired $retired ago and soaked for an hour: opens $opens', async (row) => {
  const client = await database.pool.connect()
  try {
    await client.query('BEGIN')
    if (row.step === 'drop') {
      await client.query(`INSERT INTO expand_contract.changes (id, declaration, declaration_hash, phase, soak_ms)
                          VALUES ('user-full-name', '{}', '', 'contracted', 3600000)`)
      await applyStep(client, 'retire')
      await client.query('DELETE FROM expand_contract.changes')
    }
    await client.query(
      `INSERT INTO expand_contract.changes (id, declaration, declaration_hash, phase, soak_ms, retired_at)
       VALUES ('user-full-name', '{}', '', $1, 3600000, now() - $2::interval),
              ('another-change', '{}', '', 'expanded', 3600000, NULL)`,
      [row.phase, row.retired],
    )
    const outcome = applyStep(client, row.step).then(
      () => 'opens',
      (error: { code: string; message: string }) => error,
    )
    if (row.opens) expect(await outcome).toBe('opens')
    else
      expect(await outcome).toMatchObject({
        code: '55000',
        message: expect.stringContaining('Nothing was changed'),
      })
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
})

test('every step of the folder is named by its header', () => {
  const tags = project.entries.map(({ tag }) => tag)
  expect(tags.slice(1)).toEqual(steps.map((step, index) => `000${index + 1}_user-full-name_${step}`))
})

function applyStep(client: Parameters<typeof apply>[0], step: Step): Promise<void> {
  return apply(client, project, ({ tag }) => tag.endsWith(`_${step}`))
}
