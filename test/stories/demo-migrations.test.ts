import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import * as changes from '../../examples/01-rename-column/changes.ts'
import * as schema from '../../examples/01-rename-column/schema.ts'
import { collectChanges } from '../../src/change/collect.ts'
import { readMigrations } from '../../src/drizzle/migration-folder.ts'
import { generateMigrations } from '../../src/generate/index.ts'
import { makeTemporary } from '../support/temporary.ts'

const example = fileURLToPath(new URL('../../examples/01-rename-column', import.meta.url))

it('has committed the migrations that generate writes today', async () => {
  const folder = join(makeTemporary(), 'drizzle')
  cpSync(join(example, 'old-release/drizzle'), folder, { recursive: true })
  await generateMigrations({ folder, schema, changes: collectChanges(changes) })
  const texts = (path: string) => readMigrations(path).map(({ text }) => text)
  expect(texts(join(example, 'drizzle'))).toEqual(texts(folder))
})
