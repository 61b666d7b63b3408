import pg from 'pg'
import { onTestFinished } from 'vitest'
import { openSession, type Session } from '../../../src/control/session.ts'
import {
  type MigrateEvent,
  type MigrateResult,
  type MigrationInput,
  runMigrations,
} from '../../../src/migrate/index.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { declared, type MigrationFolder } from './folder.ts'

/** An empty database, and a session of the command line on it. */
export interface Subject {
  readonly database: TestDatabase
  readonly session: Session
  migrate(folder: MigrationFolder, options?: Partial<MigrationInput>): Promise<MigrateResult>
  /** What the last run told. */
  readonly events: readonly MigrateEvent[]
  query<Row extends object = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  /** Leaves the database before the test ends, so that it can be copied. */
  close(): Promise<void>
}

export async function makeSubject(options: { readonly template?: string } = {}): Promise<Subject> {
  return subjectOf(await createTestDatabase(options))
}

/** Another session on a database that exists. */
export async function subjectOf(database: TestDatabase): Promise<Subject> {
  const session = await openSession(database.url)
  const observer = new pg.Client({ connectionString: database.url })
  await observer.connect()
  const close = async () => {
    await session.close()
    await observer.end()
  }
  onTestFinished(close)
  const events: MigrateEvent[] = []
  return {
    database,
    session,
    events,
    migrate: (folder, input = {}) => {
      events.length = 0
      return runMigrations(session, {
        folder: folder.path,
        changes: declared,
        onEvent: (event) => events.push(event),
        ...input,
      })
    },
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await observer.query<Row>(sql, [...values])).rows,
    close,
  }
}

/** The steps of the change by their state, in the order of the steps. */
export async function stepStates({ query }: Subject): Promise<Readonly<Record<string, string>>> {
  const rows = await query<{ step: string; state: string }>(
    `SELECT step, state FROM expand_contract.migration_steps
      ORDER BY array_position(ARRAY['expand', 'handover', 'retire', 'drop', 'abandon'], step)`,
  )
  return Object.fromEntries(rows.map(({ step, state }) => [step, state]))
}

export async function columnsOf({ query }: Subject, table = 'users'): Promise<readonly string[]> {
  const rows = await query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attname`,
    [table],
  )
  return rows.map(({ name }) => name)
}

/** Puts the change where transitions would have brought it; the trigger's mode as well. */
export async function setPhase({ query }: Subject, phase: string): Promise<void> {
  await query('UPDATE expand_contract.changes SET phase = $1, epoch = epoch + 1', [phase])
}

export async function changeRow({ query }: Subject): Promise<Record<string, unknown> | undefined> {
  return (await query('SELECT * FROM expand_contract.changes'))[0]
}

/** The hashes that Drizzle's journal holds, and how often a row was added. */
export async function journalSize({ query }: Subject): Promise<number> {
  return (await query<{ count: number }>('SELECT count(*)::int AS count FROM drizzle.__drizzle_migrations'))[0]!.count
}

/** The history of the change, oldest first: action, phase before and phase after. */
export async function history({ query }: Subject): Promise<readonly string[]> {
  const rows = await query<{ line: string }>(
    `SELECT concat_ws(' ', action, from_phase, to_phase) AS line FROM expand_contract.transitions ORDER BY number`,
  )
  return rows.map(({ line }) => line)
}
