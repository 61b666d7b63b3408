import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readMigrations } from '../../../src/drizzle/migration-folder.ts'
import { makeTemporary } from '../../support/temporary.ts'

it.each([
  { journal: '{"entries": [\n<<<<<<< HEAD\n]}', problem: 'it cannot be read: ' },
  { journal: 'null', problem: 'it is no journal of migrations' },
  { journal: '{"entries": [{"tag": "0000_a"}]}', problem: 'it is no journal of migrations' },
  { journal: '{"entries": [{"tag": "0000_a", "when": 1}]}', problem: 'names it, but it does not exist' },
])('a folder whose journal says $journal is refused in plain words', ({ journal, problem }) => {
  const folder = makeTemporary()
  mkdirSync(join(folder, 'meta'))
  writeFileSync(join(folder, 'meta/_journal.json'), journal)
  expect(() => readMigrations(folder)).toThrow(
    expect.objectContaining({
      code: 'EC_MIGRATION_EDITED',
      message: expect.stringContaining(problem),
      fix: expect.stringContaining('version control'),
    }),
  )
})
