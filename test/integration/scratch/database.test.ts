import { expect, test } from 'vitest'
import { createTestDatabase, isOwnerRun } from '../../support/database.ts'

const database = await createTestDatabase()

test('a test database belongs to the role that the run is for', async () => {
  const { rows } = await database.pool.query(`
    select rolsuper, pg_get_userbyid(datdba) = current_user as owns
    from pg_roles join pg_database on datname = current_database()
    where rolname = current_user`)
  expect(rows).toEqual([{ rolsuper: !isOwnerRun, owns: true }])
})

test('its role may create and fill a table', async () => {
  await database.pool.query('create table people (id int primary key)')
  const { rowCount } = await database.pool.query('insert into people values (1), (2)')
  expect(rowCount).toBe(2)
})
