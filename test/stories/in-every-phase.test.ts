import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { renameColumn } from 'drizzle-expand-contract'
import { inEveryPhase } from 'drizzle-expand-contract/testing'
import { eq } from 'drizzle-orm'
import pg from 'pg'
import { expect, inject, it, vi } from 'vitest'
import { userFullName } from '../../examples/01-rename-column/changes.ts'
import * as schema from '../../examples/01-rename-column/schema.ts'
import { makeTemporary } from '../support/temporary.ts'

const config = 'examples/01-rename-column/expand-contract.config.ts'

it('runs tests once in every phase, in read-switch once with either side, each on a database of its own', async () => {
  vi.stubEnv('DATABASE_URL', inject('serverUrl'))
  const visited: unknown[] = []
  const urls = new Set<string>()
  await inEveryPhase(
    userFullName,
    async (phase, toolkit, { reads, url, db }) => {
      const users = toolkit.repository(schema.users)
      const ada = await users.insert({ id: 1, fullName: 'Ada' })
      await users.update({ fullName: 'Ada Lovelace' }, (user) => eq(user.id, ada.id))
      expect(await users.findMany()).toEqual([{ id: 1, fullName: 'Ada Lovelace', revision: 0 }])
      const { rows } = await db.$client.query(
        `SELECT column_name FROM information_schema.columns WHERE table_name = 'users' AND column_name LIKE '%name%' ORDER BY 1`,
      )
      visited.push([phase, reads, rows.map((row) => row.column_name)])
      urls.add(url)
    },
    { schema, config },
  )
  const both = ['full_name', 'name']
  expect(visited).toEqual([
    ['planned', 'old', ['name']],
    ['expanded', 'old', both],
    ['dual-write', 'old', both],
    ['read-switch', 'old', both],
    ['read-switch', 'new', both],
    ['read-new', 'new', both],
    ['new-only', 'new', both],
    ['contracted', 'new', ['full_name']],
  ])
  expect(urls.size).toBe(visited.length)
  for (const url of urls)
    await expect(new pg.Client({ connectionString: url }).connect()).rejects.toMatchObject({ code: '3D000' })
})

it('reads the side that it says: rows made unequal on purpose tell', async () => {
  vi.stubEnv('DATABASE_URL', inject('serverUrl'))
  const seen: unknown[] = []
  await inEveryPhase(
    userFullName,
    async (_, toolkit, { reads, db }) => {
      await db.$client.query(
        `ALTER TABLE users DISABLE TRIGGER USER; INSERT INTO users (id, name, full_name) VALUES (1, 'old', 'new')`,
      )
      const [row] = await toolkit.repository(schema.users).findMany()
      seen.push([reads, row!.fullName])
    },
    { schema, config, phases: ['dual-write', 'read-switch', 'read-new'] },
  )
  expect(seen).toEqual([
    ['old', 'old'],
    ['old', 'old'],
    ['new', 'new'],
    ['new', 'new'],
  ])
})

it('says in which phase an assertion failed', async () => {
  vi.stubEnv('DATABASE_URL', inject('serverUrl'))
  const failing = inEveryPhase(
    userFullName,
    async (phase) => {
      expect(phase).not.toBe('read-new')
    },
    { schema, config },
  )
  await expect(failing).rejects.toThrow("in phase \"read-new\", reading new: expected 'read-new' not to be 'read-new'")
})

it('drops its databases where a test fails, and shows the assertion though the test has ended the pool', async () => {
  const server = new pg.Client({ connectionString: inject('serverUrl') })
  await server.connect()
  await server.query(`CREATE ROLE tester LOGIN CREATEDB PASSWORD 'tester'`)
  const url = new URL(inject('serverUrl'))
  Object.assign(url, { username: 'tester', password: 'tester' })
  vi.stubEnv('DATABASE_URL', url.href)
  const ofTester = async () => {
    const { rows } = await server.query(`SELECT 1 FROM pg_database WHERE pg_get_userbyid(datdba) = 'tester'`)
    return rows.length
  }
  let during = 0
  const failing = inEveryPhase(
    userFullName,
    async (_phase, _toolkit, { db }) => {
      during = await ofTester()
      await db.$client.end()
      expect('what was read').toBe('what was written')
    },
    { schema, config },
  )
  await expect(failing).rejects.toThrow('in phase "planned", reading old: expected \'what was read\'')
  expect([during, await ofTester()]).toEqual([2, 0])
  await server.query('DROP ROLE tester')
  await server.end()
})

it.each([
  [[], 'it names no phase, so nothing would be tested'],
  [['abandoned'], '"abandoned" cannot be visited, so nothing would be tested'],
])('refuses phases in which it would run nothing: %j', async (phases, problem) => {
  await expect(inEveryPhase(userFullName, async () => {}, { config, phases: phases as [] })).rejects.toMatchObject({
    code: 'EC_OPTION_INVALID',
    message: expect.stringContaining(problem),
  })
})

it('names the declared changes where the configuration does not have the one asked for', async () => {
  const other = renameColumn({ id: 'other', table: schema.users, from: 'name', to: 'fullName' })
  await expect(inEveryPhase(other, async () => {}, { config })).rejects.toMatchObject({
    code: 'EC_CHANGE_UNDECLARED',
    fix: 'Declared are: "user-full-name".',
  })
})

it('names the step that has not been generated', async () => {
  vi.stubEnv('DATABASE_URL', inject('serverUrl'))
  const example = resolve('examples/01-rename-column')
  const folder = makeTemporary()
  const migrations = join(folder, 'drizzle')
  cpSync(join(example, 'drizzle'), migrations, { recursive: true })
  const journal = join(migrations, 'meta/_journal.json')
  const { entries, ...rest } = JSON.parse(readFileSync(journal, 'utf8'))
  writeFileSync(journal, JSON.stringify({ ...rest, entries: entries.slice(0, 1) }))
  const ungenerated = join(folder, 'expand-contract.config.ts')
  const files = { schema: join(example, 'schema.ts'), changes: join(example, 'changes.ts'), migrations }
  writeFileSync(ungenerated, `export default ${JSON.stringify({ ...files, url: inject('serverUrl') })}`)
  const failing = inEveryPhase(userFullName, async () => {}, { schema, config: ungenerated })
  await expect(failing).rejects.toMatchObject({
    code: 'EC_STEP_FILE_MISSING',
    details: { id: 'user-full-name', step: 'expand', folder: migrations },
  })
})
