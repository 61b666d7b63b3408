import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import type { Session } from '../control/session.ts'
import type { Casing } from '../drizzle/physical-table.ts'

/** One change of one database, and what is needed to move it. */
export interface Target {
  readonly session: Session
  readonly change: AnyChange
  readonly sides: Sides
  /** All declared changes; the migration runner reads step files of any of them. */
  readonly changes: readonly AnyChange[]
  readonly migrations: {
    readonly folder: string
    readonly migrationsTable: string
    readonly migrationsSchema: string
  }
  readonly casing: Casing | undefined
  /** How long a step tries to get a table lock, in milliseconds. */
  readonly lockTimeoutMs: number
  readonly signal?: AbortSignal | undefined
}
