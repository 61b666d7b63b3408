import { sql } from 'drizzle-orm'
import { type ChangeRow, compareAndSet, readChangeRow } from '../control/change-row.ts'
import { appendHistory } from '../control/history.ts'
import { connectionLost, failure, isConnectionLoss, withoutValues } from '../errors/index.ts'
import { qualified } from '../sql/identifier.ts'
import { judgementBy, switchModeStatements } from '../sync/index.ts'
import { catalogSides } from './catalog-sides.ts'
import type { StepFile } from './migration-file.ts'
import { clientOf, type Run } from './run.ts'
import { statementsOf } from './statement.ts'
import type { StepChange } from './step-change.ts'
import { armedSetting } from './trigger.ts'
import { insideTransaction, type Unit, unitsOf } from './units.ts'

/**
 * What differs for a table that this run created. Nobody uses it yet, so all steps run at once and the change ends where
 * production ends: nobody to spare, nobody to wait for, nobody to soak.
 */

/**
 * Copies what data migrations of the same run put into the table before it had its trigger.
 *
 * @param file the step that needs the rows to be filled.
 * @throws ExpandContractError EC_MIGRATION_FAILED where the transform rejects one of them: nobody is there to spare.
 */
export async function fillNewColumns(run: Run, file: StepFile, change: StepChange): Promise<void> {
  const { rowDisagrees, copying } = judgementBy('old', change.id, await catalogSides(run.session.db, change))
  try {
    await clientOf(run).query(`UPDATE ${qualified(change.table)} AS t SET ${copying} WHERE ${rowDisagrees}`)
  } catch (error) {
    if (isConnectionLoss(error)) throw connectionLost(error)
    const cause = withoutValues(error)
    const problem = `the new side of table ${qualified(change.table)} could not be filled from the old one (${cause.message})`
    throw failure('EC_MIGRATION_FAILED', { file: file.migration.tag, statement: 1, problem }, cause)
  }
}

/** A step's units as one transaction; the retire step arms the trigger first, as contracting would have done. */
export async function unitsForFreshTable(run: Run, file: StepFile, change: StepChange): Promise<readonly Unit[]> {
  const units = unitsOf(file.migration).map(insideTransaction)
  const arms = file.step.step === 'retire' && change.sync === 'trigger'
  return arms ? [...(await armingUnits(run, change)), ...units] : units
}

async function armingUnits(run: Run, change: StepChange): Promise<readonly Unit[]> {
  const sides = await catalogSides(run.session.db, change)
  return switchModeStatements(change, sides, armedSetting(change)).map((text) => ({
    text,
    statements: statementsOf(text),
    isOutside: false,
  }))
}

/** Moves the row to where the retire step may run, and its soak to none. @returns the row as it is then. */
export async function contractFresh({ session: { db } }: Run, change: StepChange, row: ChangeRow): Promise<ChangeRow> {
  const epoch = await compareAndSet(db, row, {
    phase: 'contracted',
    phaseSince: sql`now()`,
    ...(change.sync === 'trigger' ? { triggerMode: armedSetting(change).mode, triggerModeSince: sql`now()` } : {}),
    copyBack: change.copyBack,
    backfillState: 'done',
    readPercent: 100,
    soakMs: 0,
    confirmedAt: sql`now()`,
    confirmedBy: 'nobody: the table was created by the same run',
  })
  await appendHistory(db, {
    changeId: row.id,
    action: 'transition',
    fromPhase: row.phase,
    toPhase: 'contracted',
    epoch,
    evidence: { tableCreatedByThisRun: true },
  })
  return (await readChangeRow(db, row.id))!
}
