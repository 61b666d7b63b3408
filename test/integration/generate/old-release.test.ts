import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { createTestDatabase } from '../../support/database.ts'
import { apply, Project } from './project.ts'

const name = text().notNull().default('anon')
const before = { users: pgTable('users', { id: integer().primaryKey(), name }) }
const users = pgTable('users', {
  id: integer().primaryKey(),
  name,
  fullName: text('full_name').notNull().unique().default('anon'),
})

test('an old release writes, and leaves the column out, after the expand and after the handover', async () => {
  const project = new Project()
  await project.generate(before)
  const { pool } = await createTestDatabase()
  await apply(pool, project)
  await project.generate({ users }, [
    renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' }),
  ])
  const rows = async () => (await pool.query('SELECT id, name, full_name FROM users ORDER BY id')).rows

  await apply(pool, project, ({ tag }) => tag.endsWith('_expand'))
  await pool.query(`INSERT INTO users (id) VALUES (1)`)
  await pool.query(`INSERT INTO users (id, name) VALUES (2, 'Ada')`)
  await pool.query(`UPDATE users SET name = 'Grace' WHERE id = 2`)
  expect(await rows()).toEqual([
    { id: 1, name: 'anon', full_name: 'anon' },
    { id: 2, name: 'Grace', full_name: 'Grace' },
  ])

  await apply(pool, project, ({ tag }) => tag.endsWith('_handover'))
  await pool.query(`UPDATE users SET name = 'Barbara' WHERE id = 1`)
  await pool.query('INSERT INTO users (id) VALUES (3)')
  expect(await rows()).toEqual([
    { id: 1, name: 'Barbara', full_name: 'Barbara' },
    { id: 2, name: 'Grace', full_name: 'Grace' },
    { id: 3, name: 'anon', full_name: 'anon' },
  ])

  await apply(pool, project, ({ tag }) => /_(retire|drop)$/.test(tag))
  await pool.query('UPDATE users SET full_name = full_name || id')
  await pool.query('INSERT INTO users (id) VALUES (4)')
  expect((await pool.query('SELECT full_name FROM users WHERE id = 4')).rows).toEqual([{ full_name: 'anon' }])
})
