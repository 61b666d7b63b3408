import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import { afterAll } from 'vitest'
import { planNext } from '../../src/advance/plan.ts'
import { takeNext } from '../../src/advance/take-next.ts'
import type { Target } from '../../src/advance/target.ts'
import type { AnyChange } from '../../src/change/change.ts'
import { renameColumn } from '../../src/change/rename-column.ts'
import { sidesOf } from '../../src/change/sides.ts'
import { openSession, type Session } from '../../src/control/session.ts'
import { generateMigrations } from '../../src/generate/index.ts'
import { runMigrations } from '../../src/migrate/index.ts'
import type { Phase } from '../../src/phase/phase.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { makeTemporary } from './temporary.ts'

const id = () => serial('id').primaryKey()
const before = { users: pgTable('users', { id: id(), name: text('name').notNull() }) }

export const users = pgTable('users', {
  id: id(),
  name: text('name').notNull(),
  fullName: text('full_name').notNull().unique(),
})
export const schema = { users }
export const userFullName = renameColumn({
  id: 'user-full-name',
  table: users,
  from: 'name',
  to: 'fullName',
  soak: '0',
})

/** A rename on a database of its own, expanded by real migrations, with some rows written before. */
export interface Renaming {
  readonly database: TestDatabase
  readonly target: Target
}

const sessions: Session[] = []
afterAll(() => Promise.all(sessions.map((session) => session.close())))

/** @param rows written with the old column before the change is expanded. */
export async function startRenaming(rows = 20): Promise<Renaming> {
  const database = await createTestDatabase()
  const folder = makeTemporary()
  const session = await openSession(database.url)
  sessions.push(session)
  const change = userFullName as unknown as AnyChange
  await generateMigrations({ folder, schema: before, changes: [] })
  await runMigrations(session, { folder, changes: [] })
  await session.client.query(`INSERT INTO users (name) SELECT 'name ' || i FROM generate_series(1, $1::int) i`, [rows])
  await generateMigrations({ folder, schema, changes: [change] })
  const target: Target = {
    session,
    change,
    changes: [change],
    sides: sidesOf(change),
    migrations: { folder, migrationsTable: '__drizzle_migrations', migrationsSchema: 'drizzle' },
    casing: undefined,
    lockTimeoutMs: 5_000,
  }
  await runMigrations(session, { folder, changes: [change] })
  return { database, target }
}

/** Step after step until the change is in a phase. Nothing is forced. */
export async function advanceTo({ target }: Renaming, phase: Phase): Promise<void> {
  for (let plan = await planNext(target); plan.facts.phase !== phase; plan = await planNext(target))
    await takeNext(target, plan)
}
