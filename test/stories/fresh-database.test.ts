import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type ControlPolicy, createToolkit, type ToolkitEvent } from 'drizzle-expand-contract'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as drizzleMigrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import * as changes from '../../examples/01-rename-column/changes.ts'
import * as schema from '../../examples/01-rename-column/schema.ts'
import { collectChanges } from '../../src/change/collect.ts'
import { openSession } from '../../src/control/session.ts'
import { runMigrations } from '../../src/migrate/index.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const folder = 'examples/01-rename-column/drizzle'

/** A service's start and its tests, as they are in every database: no `next`, nothing special. */
async function serviceTests({ pool }: TestDatabase, control: ControlPolicy): Promise<ToolkitEvent[]> {
  const events: ToolkitEvent[] = []
  const toolkit = createToolkit({
    db: drizzle({ client: pool }),
    schema,
    changes,
    control,
    log: (event) => void events.push(event),
  })
  await toolkit.start()
  const users = toolkit.repository(schema.users)
  await users.delete((user) => eq(user.id, 1))
  const ada = await users.insert({ id: 1, fullName: 'Ada' })
  await users.update({ fullName: 'Ada Lovelace' }, (user) => eq(user.fullName, 'Ada'))
  expect(await users.findMany({ where: (user) => eq(user.id, ada.id) })).toEqual([
    { id: 1, fullName: 'Ada Lovelace', revision: 0 },
  ])
  await toolkit.stop()
  return events
}

async function migrateWithOurs({ url }: TestDatabase) {
  const session = await openSession(url)
  try {
    return await runMigrations(session, { folder, changes: collectChanges(changes) })
  } finally {
    await session.close()
  }
}

async function query({ pool }: TestDatabase, text: string): Promise<Record<string, unknown>[]> {
  return (await pool.query(text)).rows
}

async function nameColumns(database: TestDatabase): Promise<unknown[]> {
  const rows = await query(
    database,
    `SELECT column_name FROM information_schema.columns WHERE table_name = 'users' AND column_name LIKE '%name%' ORDER BY 1`,
  )
  return rows.map((row) => row.column_name)
}

const firstMigration = readFileSync(`${folder}/0000_users.sql`, 'utf8')

describe('a database that nobody has advanced', () => {
  it('migrated by us from nothing ends where production ends, and the service works', async () => {
    const database = await createTestDatabase()
    await migrateWithOurs(database)
    expect(await nameColumns(database)).toEqual(['full_name'])
    expect(await query(database, 'SELECT phase, read_percent FROM expand_contract.changes')).toEqual([
      { phase: 'contracted', read_percent: 100 },
    ])
    const events = await serviceTests(database, 'required')
    expect(events.filter(({ type }) => type === 'read-clamped')).toEqual([])
  })

  it("migrated by Drizzle's own migrate() ends there too, and the service works by its columns", async () => {
    const database = await createTestDatabase()
    await drizzleMigrate(drizzle({ client: database.pool }), { migrationsFolder: folder })
    expect(await nameColumns(database)).toEqual(['full_name'])
    expect(await serviceTests(database, 'optional')).toContainEqual(
      expect.objectContaining({ type: 'phase-derived', phase: 'contracted' }),
    )
  })

  it('pushed by drizzle-kit has both columns, and the service writes both', async () => {
    const database = await createTestDatabase()
    const { pushSchema } = createRequire(import.meta.url)('drizzle-kit/api')
    const { apply } = await pushSchema(schema, drizzle({ client: database.pool }))
    await apply()
    expect(await nameColumns(database)).toEqual(['full_name', 'name'])
    expect(await serviceTests(database, 'optional')).toContainEqual(
      expect.objectContaining({ type: 'phase-derived', phase: 'dual-write' }),
    )
    expect(await query(database, 'SELECT name, full_name FROM users')).toEqual([
      { name: 'Ada Lovelace', full_name: 'Ada Lovelace' },
    ])
  })

  it('an existing empty table keeps its old column until its change is advanced', async () => {
    const database = await createTestDatabase()
    await drizzleMigrateFirst(database)
    const { deferred } = await migrateWithOurs(database)
    expect(deferred.map(({ step }) => step)).toEqual(['handover', 'retire', 'drop'])
    expect(await nameColumns(database)).toEqual(['full_name', 'name'])
    await serviceTests(database, 'required')
  })

  it('restored in the middle of a change, its service works and its change goes on', async () => {
    const production = await createTestDatabase()
    await drizzleMigrateFirst(production)
    await migrateWithOurs(production)
    const restored = await createTestDatabase({ template: production.name })
    await serviceTests(restored, 'required')
    expect((await migrateWithOurs(restored)).deferred).toHaveLength(3)
    expect(await query(restored, 'SELECT phase FROM expand_contract.changes')).toEqual([{ phase: 'expanded' }])
  })

  it('is refused without control tables unless the service says that it may be', async () => {
    const database = await createTestDatabase()
    await database.pool.query(firstMigration)
    await expect(serviceTests(database, 'required')).rejects.toMatchObject({ code: 'EC_CONTROL_MISSING' })
  })
})

/** What an earlier release was deployed with: the first migration, applied by Drizzle. */
async function drizzleMigrateFirst({ url }: TestDatabase): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { entries } = JSON.parse(readFileSync(`${folder}/meta/_journal.json`, 'utf8'))
  await client.query(firstMigration)
  await client.query(
    'CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)',
  )
  await client.query('INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)', [
    createHash('sha256').update(firstMigration).digest('hex'),
    entries[0].when,
  ])
  await client.end()
}
