import { beforeAll, describe, expect, it } from 'vitest'
import { type CliProject, makeCliProject, publicBarrel } from '../support/cli-project.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let project: CliProject

const schema = (columns: string) => `import { pgTable, serial, text } from 'drizzle-orm/pg-core'
export const users = pgTable('users', { id: serial('id').primaryKey(), name: text('name').notNull().default('nobody')${columns} })
`

beforeAll(async () => {
  database = await createTestDatabase()
  project = makeCliProject(database.url)
  project.write('schema.ts', schema(''))
  project.write('changes.ts', 'export {}\n')
  await project.run('generate')
  await project.run('migrate')
  await database.pool.query(`INSERT INTO users (name) VALUES ('Ada')`)
  project.write('schema.ts', schema(`, fullName: text('full_name').notNull()`))
  project.write(
    'changes.ts',
    `import { renameColumn } from '${publicBarrel}'
import { users } from './schema.ts'
export const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName', soak: '0' })
`,
  )
  await project.run('generate')
  await project.run('migrate')
}, 120_000)

async function columns(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'users' ORDER BY ordinal_position`,
  )
  return rows.map(({ name }) => name)
}

describe('a change that leads nowhere', () => {
  it('is ended in the database by back', async () => {
    expect(await project.run('back', '--yes', '--json')).toMatchObject({ code: 0, json: { phase: 'abandoned' } })
  })

  it('is not given up in the code while the code still names it', async () => {
    const { code, json } = await project.run('generate', '--abandon', 'user-full-name', '--json')
    expect(code).toBe(3)
    expect(json.error).toMatchObject({ code: 'EC_GENERATE', fix: expect.stringContaining('Delete the new key') })
  })

  it('leaves the table as it was, default included, once key and declaration are deleted', async () => {
    project.write('schema.ts', schema(''))
    project.write('changes.ts', 'export {}\n')
    expect((await project.run('generate', '--abandon', 'user-full-name')).code).toBe(0)
    expect(await columns()).toEqual(['id', 'name', 'full_name'])
    expect((await project.run('migrate')).code).toBe(0)
    expect(await columns()).toEqual(['id', 'name'])
    await database.pool.query('INSERT INTO users DEFAULT VALUES')
    const { rows } = await database.pool.query<{ name: string }>('SELECT name FROM users ORDER BY id')
    expect(rows.map(({ name }) => name)).toEqual(['Ada', 'nobody'])
  })

  it('is behind everybody then: nothing to generate, nothing to migrate, nothing under way', async () => {
    for (const command of ['generate', 'migrate', 'status']) expect((await project.run(command)).code).toBe(0)
  })
})
