import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { collectChanges } from '../../src/change/collect.ts'
import { readMigrations } from '../../src/drizzle/migration-folder.ts'
import { generateMigrations } from '../../src/generate/index.ts'
import { makeTemporary } from '../support/temporary.ts'

it.each(['01-rename-column', '03-change-type'])(
  '%s has committed the migrations that generate writes today',
  async (name) => {
    const example = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
    const [schema, changes] = await Promise.all([
      import(join(example, 'schema.ts')),
      import(join(example, 'changes.ts')),
    ])
    const folder = join(makeTemporary(), 'drizzle')
    cpSync(join(example, 'old-release/drizzle'), folder, { recursive: true })
    await generateMigrations({ folder, schema, changes: collectChanges(changes) })
    const texts = (path: string) => readMigrations(path).map(({ text }) => text)
    expect(texts(join(example, 'drizzle'))).toEqual(texts(folder))
  },
)
