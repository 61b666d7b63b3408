import type { Step } from '../change/step.ts'
import type { Session } from '../control/session.ts'
import { applyStep } from './apply-step.ts'
import type { MigrationInput, StepOutcome } from './input.ts'
import { isStepFile } from './migration-file.ts'
import { readProgress } from './progress.ts'
import { exclusively } from './run-migrations.ts'

/**
 * Runs one step of a change now: what `next` and `contract` do where a transition needs it.
 *
 * @returns `not-generated` where the folder has no file for the step.
 * @throws ExpandContractError EC_GUARD_REFUSED where its gate is closed, and what `runMigrations` throws.
 */
export async function runDeferredStep(
  session: Session,
  input: MigrationInput,
  changeId: string,
  step: Step,
): Promise<StepOutcome> {
  return exclusively(session, input, async ({ run, files, changes, journaled }) => {
    const file = files.filter(isStepFile).find((found) => found.step.changeId === changeId && found.step.step === step)
    if (file === undefined) return 'not-generated'
    const state = (await readProgress(session.db, file))?.state
    if (state === 'done' || state === 'void') return 'already-done'
    await applyStep(run, file, changes.get(changeId)!, !journaled.has(file.migration))
    return 'done'
  })
}
