import type { AnyChange } from '../change/change.ts'
import type { StepHeader } from '../change/step.ts'
import type { Casing } from '../drizzle/physical-table.ts'
import type { ExpandContractError } from '../errors/index.ts'
import type { Phase } from '../phase/phase.ts'
import type { LockPolicy } from '../sql/lock-table.ts'

export interface MigrationInput {
  /** The migration folder, of either Drizzle version. */
  readonly folder: string
  /** The changes that the code declares. Steps of others are run by the names that their files and the database hold. */
  readonly changes: readonly AnyChange[]
  readonly casing?: Casing
  /** Of Drizzle's journal. Default: `__drizzle_migrations`. */
  readonly migrationsTable?: string
  /** Of Drizzle's journal. Default: `drizzle`. */
  readonly migrationsSchema?: string
  readonly locks?: {
    /** How long one migration tries to get its locks, in ms. Default: 30 seconds. */
    readonly totalMs?: number
    readonly policy?: LockPolicy
  }
  /** How long to wait for another runner on this database, in ms. Default: 10 minutes. */
  readonly waitForRunnerMs?: number
  /** Cancels the statement that runs and rolls its transaction back. */
  readonly signal?: AbortSignal
  readonly onEvent?: (event: MigrateEvent) => void
  /** Passes over the steps of this change, as if its files were not there yet. For tests that start before a change. */
  readonly withhold?: string
  /** Decide everything and write nothing. Default: `false`. */
  readonly dryRun?: boolean
}

/** What a run tells while it goes on. */
export type MigrateEvent =
  /** The control tables were created or upgraded. */
  | { readonly kind: 'installed'; readonly files: readonly string[] }
  /** Another runner is at work on this database; told once for each. */
  | { readonly kind: 'waiting'; readonly holder: string }
  /** Steps that others ran (Drizzle's `migrate()`) were found in the catalog. */
  | { readonly kind: 'recognised'; readonly changeId: string; readonly phase: Phase }
  | { readonly kind: 'started'; readonly migration: string; readonly step?: StepHeader }
  /** After each attempt to get the locks: who is in the way. */
  | { readonly kind: 'blocked'; readonly migration: string; readonly blockers: readonly string[] }
  | { readonly kind: 'finished'; readonly migration: string; readonly step?: StepHeader; readonly elapsedMs: number }
  | { readonly kind: 'deferred'; readonly migration: string; readonly step: StepHeader; readonly waitsFor: string }

export interface DeferredStep extends StepHeader {
  readonly waitsFor: string
}

export interface MigrateResult {
  /** Tags of the migrations that were pending and have been applied now, steps among them. */
  readonly applied: readonly string[]
  /** Steps that had been deferred (or interrupted) and were run now, since their gate is open. */
  readonly ran: readonly StepHeader[]
  /** All steps that wait, those of earlier runs too. */
  readonly deferred: readonly DeferredStep[]
  /** EC_MIGRATION_STOPPED, where a migration could not be applied before a step that waits. It and all after it are pending. */
  readonly stopped?: ExpandContractError
}

/** @see runDeferredStep */
export type StepOutcome = 'done' | 'already-done' | 'not-generated'
