import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { drizzle } from 'drizzle-orm-rc/node-postgres'
import { migrate } from 'drizzle-orm-rc/node-postgres/migrator'
import { expect, test } from 'vitest'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { readMigrations } from '../../../src/drizzle/migration-folder.ts'
import { createTestDatabase } from '../../support/database.ts'
import { makeTemporary } from '../../support/temporary.ts'
import { catalog, create, Project } from './project.ts'

test('the migrate() of Drizzle 1.0 runs the steps and the empty last migration, a second of time apart each', async () => {
  const users = pgTable('users', {
    id: integer().primaryKey(),
    name: text().notNull().default('anon'),
    fullName: text('full_name').notNull().default('anon'),
  })
  const renamed = pgTable('users', {
    id: integer().primaryKey(),
    fullName: text('full_name').notNull().default('anon'),
  })
  const project = new Project()
  await project.generate({ users }, [
    renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' }),
  ])
  await project.generate({ users: renamed })

  const { pool } = await createTestDatabase()
  await migrate(drizzle({ client: pool }), { migrationsFolder: asNewFormat(project) })
  const { rows } = await pool.query('SELECT count(*)::int AS count FROM drizzle.__drizzle_migrations')
  expect(rows).toEqual([{ count: 6 }])

  const expected = await createTestDatabase()
  await create(expected.pool, { users: renamed })
  expect(await catalog(pool)).toEqual(await catalog(expected.pool))
})

/** As drizzle-kit 1.0 upgrades a folder: one per migration, named by its time in whole seconds. */
function asNewFormat(project: Project): string {
  const folder = makeTemporary()
  for (const { tag, when, text } of readMigrations(project.folder)) {
    const time = new Date(when).toISOString().replaceAll(/\D/g, '').slice(0, 14)
    mkdirSync(join(folder, `${time}_${tag.slice(5)}`))
    writeFileSync(join(folder, `${time}_${tag.slice(5)}`, 'migration.sql'), text)
  }
  return folder
}
