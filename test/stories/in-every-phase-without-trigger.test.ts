import { symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { renameColumn } from 'drizzle-expand-contract'
import { inEveryPhase } from 'drizzle-expand-contract/testing'
import { eq } from 'drizzle-orm'
import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import { expect, inject, it, vi } from 'vitest'
import type { AnyChange } from '../../src/change/change.ts'
import { generateMigrations } from '../../src/generate/index.ts'
import { makeTemporary } from '../support/temporary.ts'

const id = () => serial('id').primaryKey()
const before = { users: pgTable('users', { id: id(), name: text('name').notNull() }) }
const users = pgTable('users', { id: id(), name: text('name').notNull(), fullName: text('full_name').notNull() })
const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName', sync: 'none' })

/** A project on disk, with its migrations. */
async function makeProject(): Promise<string> {
  const root = resolve(import.meta.dirname, '../..')
  const folder = makeTemporary()
  const migrations = join(folder, 'drizzle')
  await generateMigrations({ folder: migrations, schema: before, changes: [] })
  const changes = [userFullName as unknown as AnyChange]
  await generateMigrations({ folder: migrations, schema: { users }, changes })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const write = (file: string, source: string) => writeFileSync(join(folder, file), source)
  write(
    'schema.ts',
    `import { pgTable, serial, text } from 'drizzle-orm/pg-core'
     export const users = pgTable('users', { id: serial('id').primaryKey(), name: text('name').notNull(), fullName: text('full_name').notNull() })`,
  )
  write(
    'changes.ts',
    `import { renameColumn } from '${join(root, 'src/index.ts')}'
     import { users } from './schema.ts'
     export const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName', sync: 'none' })`,
  )
  const url = inject('serverUrl')
  const config = { schema: './schema.ts', changes: './changes.ts', migrations: './drizzle', url }
  write('expand-contract.config.ts', `export default ${JSON.stringify(config)}`)
  return join(folder, 'expand-contract.config.ts')
}

it('a change without a trigger visits every phase, with nothing but the repositories to fill both sides', async () => {
  vi.stubEnv('DATABASE_URL', inject('serverUrl'))
  const visited: unknown[] = []
  await inEveryPhase(
    userFullName,
    async (phase, toolkit, { reads, db }) => {
      const repository = toolkit.repository(users)
      const { id: ada } = await repository.insert({ fullName: 'Ada' })
      await repository.update({ fullName: 'Ada Lovelace' }, (user) => eq(user.id, ada))
      expect(await repository.findMany()).toEqual([{ id: ada, fullName: 'Ada Lovelace' }])
      const { rows: triggers } = await db.$client.query(`SELECT tgname FROM pg_trigger WHERE NOT tgisinternal`)
      expect(triggers).toEqual([])
      const { rows } = await db.$client.query<Record<string, unknown>>('SELECT * FROM users')
      const { id: _, ...sides } = rows[0]!
      visited.push([phase, reads, sides])
    },
    { schema: { users }, config: await makeProject() },
  )
  const [old, next] = [{ name: 'Ada Lovelace' }, { full_name: 'Ada Lovelace' }]
  const both = { ...old, ...next }
  expect(visited).toEqual([
    ['planned', 'old', old],
    ['expanded', 'old', { ...old, full_name: null }],
    ['dual-write', 'old', both],
    ['read-switch', 'old', both],
    ['read-switch', 'new', both],
    ['read-new', 'new', both],
    ['new-only', 'new', { name: null, ...next }],
    ['contracted', 'new', next],
  ])
})
