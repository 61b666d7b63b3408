import type { ClientBase } from 'pg'
import type { Session } from '../control/session.ts'
import type { MigrationJournal } from '../drizzle/migration-journal.ts'
import type { MigrateEvent, MigrationInput } from './input.ts'

/** One run of the migration runner: what its parts share. */
export interface Run {
  readonly session: Session
  readonly input: MigrationInput
  readonly journal: MigrationJournal
  /** False in a dry run on a database that has none. */
  readonly hasControlTables: boolean
  /** Tables that existed when the run began; nobody uses those that it creates. */
  readonly tablesBefore: ReadonlySet<number>
}

export function clientOf({ session }: Run): ClientBase {
  return session.client
}

export function tell({ input }: Run, event: MigrateEvent): void {
  input.onEvent?.(event)
}
