import { and, eq, type SQL, sql } from 'drizzle-orm'
import { migrationSteps } from '../../schema/migration-steps.ts'
import { defaultScope } from '../../schema/namespace.ts'
import type { Database } from '../drizzle/database.ts'
import type { StepState } from '../phase/facts.ts'
import type { MigrationFile } from './migration-file.ts'

/**
 * How far a migration has come in this database. An ordinary one has such a row only while it stands between two of its
 * transactions; its change is empty, and its step is its tag.
 */
export interface Progress {
  readonly state: StepState
  /** How many of its units are done. */
  readonly statement: number
  /** Of the text that was run so far. */
  readonly hash: string
}

export async function readProgress(db: Database, file: MigrationFile): Promise<Progress | undefined> {
  const [row] = await db.select().from(migrationSteps).where(isRowOf(file))
  return row && { state: row.state as StepState, statement: row.statement, hash: row.hash }
}

/** To be called in the transaction of what it notes. */
export async function saveProgress(db: Database, file: MigrationFile, state: StepState, statement = 0): Promise<void> {
  const { tag, hash } = file.migration
  const row = { state, statement, migration: tag, hash }
  await db
    .insert(migrationSteps)
    .values({ ...keyOf(file), ...row })
    .onConflictDoUpdate({
      target: [migrationSteps.scope, migrationSteps.changeId, migrationSteps.step],
      set: { ...row, updatedAt: sql`now()` },
    })
}

export async function forgetProgress(db: Database, file: MigrationFile): Promise<void> {
  await db.delete(migrationSteps).where(isRowOf(file))
}

function isRowOf(file: MigrationFile): SQL | undefined {
  const { changeId, step } = keyOf(file)
  return and(
    eq(migrationSteps.scope, defaultScope),
    eq(migrationSteps.changeId, changeId),
    eq(migrationSteps.step, step),
  )
}

function keyOf({ step, migration }: MigrationFile): { readonly changeId: string; readonly step: string } {
  return step ?? { changeId: '', step: migration.tag }
}
