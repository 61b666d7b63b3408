import type { MigrationInput } from '../migrate/index.ts'
import type { Target } from './target.ts'

/** What the migration runner needs to know, of a target. */
export function migrationInput({ migrations, changes, casing, lockTimeoutMs, signal }: Target): MigrationInput {
  return {
    ...migrations,
    changes,
    ...(casing === undefined ? {} : { casing }),
    ...(signal === undefined ? {} : { signal }),
    locks: { totalMs: lockTimeoutMs },
  }
}
