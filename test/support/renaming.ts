import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type PgTable, pgTable, serial, text } from 'drizzle-orm/pg-core'
import { afterAll } from 'vitest'
import { planNext } from '../../src/advance/plan.ts'
import { takeNext } from '../../src/advance/take-next.ts'
import type { Target } from '../../src/advance/target.ts'
import type { AnyChange, Change } from '../../src/change/change.ts'
import { renameColumn } from '../../src/change/rename-column.ts'
import { sidesOf } from '../../src/change/sides.ts'
import { openSession, type Session } from '../../src/control/session.ts'
import { generateMigrations } from '../../src/generate/index.ts'
import { runMigrations } from '../../src/migrate/index.ts'
import type { Phase } from '../../src/phase/phase.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { makeTemporary } from './temporary.ts'

const id = () => serial('id').primaryKey()

/** One change in two schemas: before it was declared, and with both sides. */
export interface ChangeSchemas {
  readonly before: Readonly<Record<string, unknown>>
  readonly during: Readonly<Record<string, unknown>>
  readonly change: Change
}

/** A rename of a column of `users`. */
export interface RenamingSchemas extends ChangeSchemas {
  readonly before: Record<string, PgTable>
  readonly during: Record<string, PgTable>
}

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

export const plainSchemas: RenamingSchemas = {
  before: { users: pgTable('users', { id: id(), name: text('name').notNull() }) },
  during: schema,
  change: userFullName,
}

const withDefaultDuring = pgTable('users', {
  id: id(),
  name: text('name').notNull().default('nobody'),
  fullName: text('full_name').notNull().default('nobody'),
})

/** The renamed column is NOT NULL with a default, so that old releases leave it out of their inserts. */
export const schemasWithDefault: RenamingSchemas = {
  before: { users: pgTable('users', { id: id(), name: text('name').notNull().default('nobody') }) },
  during: { users: withDefaultDuring },
  change: renameColumn({ id: 'user-full-name', table: withDefaultDuring, from: 'name', to: 'fullName', soak: '0' }),
}

/** A change on a database of its own, expanded by real migrations, with some rows written before. */
export interface Renaming {
  readonly database: TestDatabase
  readonly target: Target
}

const sessions: Session[] = []
afterAll(() => Promise.all(sessions.map((session) => session.close())))

/** What is different about the migrations of a test. */
export interface StartOptions {
  /** What a team makes of the migration that creates the table. */
  readonly edit?: (text: string) => string
}

/** Twenty rows are written with the old column before the change is expanded. */
export function startRenaming(schemas: RenamingSchemas = plainSchemas, options: StartOptions = {}): Promise<Renaming> {
  return startChange(schemas, `INSERT INTO users (name) SELECT 'name ' || i FROM generate_series(1, 20) i`, options)
}

/** @param rows SQL that adds rows before the change is expanded. */
export async function startChange(
  schemas: ChangeSchemas,
  rows: string,
  { edit }: StartOptions = {},
): Promise<Renaming> {
  const database = await createTestDatabase()
  const folder = makeTemporary()
  const session = await openSession(database.url)
  sessions.push(session)
  const change = schemas.change as unknown as AnyChange
  const { files } = await generateMigrations({ folder, schema: schemas.before, changes: [] })
  if (edit !== undefined) for (const { path, text } of files) writeFileSync(resolve(folder, path), edit(text))
  await runMigrations(session, { folder, changes: [] })
  await session.client.query(rows)
  await generateMigrations({ folder, schema: schemas.during, changes: [change] })
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
