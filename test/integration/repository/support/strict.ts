import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, serial, text } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { move } from '../../../../src/advance/move.ts'
import { readSituation } from '../../../../src/advance/read-facts.ts'
import type { Target } from '../../../../src/advance/target.ts'
import type { AnyChange } from '../../../../src/change/change.ts'
import { renameColumn } from '../../../../src/change/rename-column.ts'
import { sidesOf } from '../../../../src/change/sides.ts'
import { installControlTables } from '../../../../src/control/install.ts'
import { recordExpanded } from '../../../../src/control/record-expanded.ts'
import { openSession } from '../../../../src/control/session.ts'
import type { Phase } from '../../../../src/phase/phase.ts'
import { transitionBetween } from '../../../../src/phase/transitions.ts'
import { createToolkit } from '../../../../src/toolkit/index.ts'
import { createTestDatabase, type TestDatabase } from '../../../support/database.ts'

export const users = pgTable('users', {
  id: serial().primaryKey(),
  email: text().notNull().unique(),
  name: text().unique(),
  fullName: text('full_name').unique(),
  age: integer(),
})
export const userFullName = renameColumn({
  id: 'user-full-name',
  table: users,
  from: 'name',
  to: 'fullName',
  sync: 'none',
})
export const schema = { users }
export const changes = { userFullName }
const change = userFullName as unknown as AnyChange

/** One table in mid-change without a trigger, in the phase `expanded`. */
export interface Stage {
  readonly database: TestDatabase
  readonly target: Target
}

export async function createStage(): Promise<Stage> {
  const database = await createTestDatabase()
  const session = await openSession(database.url)
  onTestFinished(() => session.close())
  await installControlTables(session)
  await session.client.query(
    `CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL UNIQUE, name text UNIQUE, full_name text UNIQUE, age int)`,
  )
  const target: Target = {
    session,
    change,
    changes: [change],
    sides: sidesOf(change),
    migrations: { folder: '/nowhere', migrationsTable: '__drizzle_migrations', migrationsSchema: 'drizzle' },
    casing: undefined,
    lockTimeoutMs: 10_000,
  }
  await recordExpanded(session.db, change, target.sides, undefined, {})
  return { database, target }
}

const way: readonly Phase[] = ['expanded', 'dual-write', 'read-switch', 'read-new', 'new-only', 'contracted']

/** Step by step through real transitions, without their guards: what is tested is who may write meanwhile. */
export async function moveTo({ target }: Stage, to: Phase, lockTimeoutMs = target.lockTimeoutMs): Promise<void> {
  for (;;) {
    const { row, facts } = await readSituation(target)
    const [at, end] = [way.indexOf(facts.phase), way.indexOf(to)]
    if (at === end) return
    const next = way[at + Math.sign(end - at)]!
    const proof = transitionBetween(facts.phase, next)!.proof?.(facts) ?? 'kept'
    await move(
      { ...target, lockTimeoutMs },
      { row: row!, facts },
      {},
      { action: 'transition', to: next, guards: [], proof, patch: { phase: next, phaseSince: sql`now()` } },
    )
  }
}

/** A process whose polling comes too late for everything: it knows the phase in which it was started. */
export async function startProcess({ database }: Stage, application = 'billing', connections = 5) {
  const pool = new pg.Pool({ connectionString: database.url, application_name: application, max: connections })
  pool.on('error', () => undefined)
  const wire: string[] = []
  const toolkit = createToolkit({
    db: drizzle({ client: pool, logger: { logQuery: (query) => void wire.push(query) } }),
    schema,
    changes,
    log: () => undefined,
    pollMs: 300_000,
    leaseMs: 900_000,
    process: { name: application },
  })
  await toolkit.start()
  onTestFinished(async () => {
    await toolkit.stop()
    await pool.end()
  })
  return { toolkit, users: toolkit.repository(users), wire, pool }
}

export interface StoredUser {
  readonly email: string
  readonly name: string | null
  readonly full_name: string | null
}

export async function stored({ database }: Stage): Promise<readonly StoredUser[]> {
  const { rows } = await database.pool.query<StoredUser>('SELECT email, name, full_name FROM users ORDER BY id')
  return rows
}

/** A promise and what settles it. */
export function barrier(): { readonly reached: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { reached: promise, open: resolve }
}
