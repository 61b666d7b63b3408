export type { DeferredStep, MigrateEvent, MigrateResult, MigrationInput, StepOutcome } from './input.ts'
export { runDeferredStep } from './run-deferred-step.ts'
export { runMigrations } from './run-migrations.ts'
