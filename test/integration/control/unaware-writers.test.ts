import { beforeEach, expect, it } from 'vitest'
import { collectChanges } from '../../../src/change/collect.ts'
import { pruneUnawareWriters, unawareWritersWithin } from '../../../src/control/unaware-writers.ts'
import { type MigrationFolder, plainRenameFolder, plainUserFullName } from '../migrate/folder.ts'
import { makeSubject, type Subject } from '../migrate/subject.ts'

const day = 86_400_000
const changes = collectChanges([plainUserFullName])
let folder: MigrationFolder
let subject: Subject
beforeEach(async () => {
  subject = await makeSubject()
  folder = await plainRenameFolder()
  await subject.migrate(folder, { changes })
})

function recorded(values: string): Promise<unknown> {
  return subject.query(
    `INSERT INTO expand_contract.unaware_writers (change_id, side, operation, role, application, client, pid, at)
     SELECT change_id, side, 'UPDATE', 'app', application, client::inet, pid, now() - ago::interval
       FROM (VALUES ${values}) AS line (change_id, side, application, client, pid, ago)`,
  )
}

async function kept(): Promise<readonly number[]> {
  const rows = await subject.query<{ pid: number }>('SELECT pid FROM expand_contract.unaware_writers ORDER BY pid')
  return rows.map(({ pid }) => pid)
}

it('keeps the last line of each writer within the longest soak, and what the report says', async () => {
  await subject.query('UPDATE expand_contract.changes SET soak_ms = $1', [7 * day])
  await recorded(`
    ('user-full-name', 'old', 'billing', NULL, 1, '3 days'),
    ('user-full-name', 'old', 'billing', NULL, 2, '2 days'),
    ('user-full-name', 'new', 'billing', NULL, 3, '3 days'),
    ('user-full-name', 'old', 'billing', '10.0.0.1', 4, '3 days'),
    ('user-full-name', 'old', 'cron', NULL, 5, '3 days'),
    ('another-change', 'old', 'billing', NULL, 6, '3 days'),
    ('user-full-name', 'old', 'gone', NULL, 7, '8 days')`)
  const client = subject.session.client
  const report = await unawareWritersWithin(client, 'user-full-name', 7 * day)
  expect(report).toHaveLength(3)

  expect(await pruneUnawareWriters(client)).toBe(2)

  expect(await kept()).toEqual([2, 3, 4, 5, 6])
  expect(await unawareWritersWithin(client, 'user-full-name', 7 * day)).toEqual(report)
})

it('keeps what was written just now where there is no soak', async () => {
  await recorded(
    `('user-full-name', 'old', 'billing', NULL, 1, '3 seconds'), ('user-full-name', 'old', 'cron', NULL, 2, '2 hours')`,
  )
  expect(await pruneUnawareWriters(subject.session.client)).toBe(1)
  expect(await kept()).toEqual([1])
})

it('is tidied by every run of migrate, ten thousand lines at a time', async () => {
  await subject.query(
    `INSERT INTO expand_contract.unaware_writers (change_id, side, operation, role, application, pid, at)
     SELECT 'user-full-name', 'old', 'UPDATE', 'app', 'billing', i, now() - i * interval '1 millisecond'
       FROM generate_series(1, 10002) i`,
  )
  await subject.migrate(folder, { changes, dryRun: true })
  expect(await kept()).toHaveLength(10_002)
  await subject.migrate(folder, { changes })
  expect(await kept()).toHaveLength(2)
  await subject.migrate(folder, { changes })
  expect(await kept()).toEqual([1])
})
