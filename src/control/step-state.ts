import { and, eq } from 'drizzle-orm'
import { migrationSteps } from '../../schema/migration-steps.ts'
import { defaultScope } from '../../schema/namespace.ts'
import type { Step } from '../change/step.ts'
import type { Database } from '../drizzle/database.ts'
import type { StepState } from '../phase/facts.ts'

/** The real state of each step of a change that this database has met. */
export async function stepStates(db: Database, changeId: string): Promise<Readonly<Partial<Record<Step, StepState>>>> {
  const rows = await db
    .select({ step: migrationSteps.step, state: migrationSteps.state })
    .from(migrationSteps)
    .where(and(eq(migrationSteps.scope, defaultScope), eq(migrationSteps.changeId, changeId)))
  return Object.fromEntries(rows.map(({ step, state }) => [step, state as StepState]))
}

/** Puts a step back into waiting, or gives it up for good; does nothing where the database has not met it. */
export async function setStepState(
  db: Database,
  changeId: string,
  step: Step,
  state: 'deferred' | 'void',
): Promise<void> {
  await db
    .update(migrationSteps)
    .set({ state, statement: 0 })
    .where(
      and(eq(migrationSteps.scope, defaultScope), eq(migrationSteps.changeId, changeId), eq(migrationSteps.step, step)),
    )
}
