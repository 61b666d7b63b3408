import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { Project } from './project.ts'

const require = createRequire(import.meta.url)

test('drizzle-kit finds nothing to generate in the folder, and nothing wrong with it', async () => {
  const users = pgTable('users', {
    id: integer().primaryKey(),
    name: text().notNull().default('anon'),
    fullName: text('full_name').notNull().default('anon').unique(),
  })
  const project = new Project()
  await project.generate({ users }, [
    renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' }),
  ])
  const root = dirname(project.folder)
  writeFileSync(
    join(root, 'schema.cjs'),
    `const { integer, pgTable, text } = require(${JSON.stringify(require.resolve('drizzle-orm/pg-core'))})
     exports.users = pgTable('users', {
       id: integer().primaryKey(),
       name: text().notNull().default('anon'),
       fullName: text('full_name').notNull().default('anon').unique(),
     })`,
  )
  expect(await drizzleKit(root, 'generate', '--schema=schema.cjs')).toContain('No schema changes, nothing to migrate')
  expect(await drizzleKit(root, 'check')).toContain("Everything's fine")
  expect(project.entries).toHaveLength(5)
}, 60_000)

/** drizzle-kit takes relative paths only, and ends with 0 where it cannot read the folder. */
async function drizzleKit(root: string, ...args: readonly string[]): Promise<string> {
  const bin = join(dirname(require.resolve('drizzle-kit')), 'bin.cjs')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [bin, ...args, '--dialect=postgresql', '--out=drizzle'],
    { cwd: root },
  )
  return stdout
}
