import type { ClientBase } from 'pg'
import { columnTypes } from '../catalog/columns.ts'
import type { Database } from '../drizzle/database.ts'
import { failure } from '../errors/index.ts'
import { inWords } from '../sql/identifier.ts'
import { retiredName, triggerState } from '../sync/index.ts'
import type { StepFile } from './migration-file.ts'
import type { StepChange } from './step-change.ts'

/**
 * True where Drizzle's journal holds the retire step and both columns are there under their names: only our runner writes
 * down a step that it has not run. Nothing recorded of it means that the control tables, or rows of them, are gone.
 *
 * @param unrecorded the change's steps that the journal holds and the control tables do not.
 */
async function hasLostRecords(
  db: Database,
  { table, oldColumn, newColumn }: StepChange,
  unrecorded: readonly StepFile[],
): Promise<boolean> {
  if (!unrecorded.some(({ step, isVoid }) => step.step === 'retire' && !isVoid)) return false
  const columns = await columnTypes(db, table, [oldColumn, newColumn, retiredName(oldColumn)])
  return columns.has(oldColumn) && columns.has(newColumn) && !columns.has(retiredName(oldColumn))
}

/**
 * Refuses to guess the phase of a change whose records are lost. While the sync trigger is there in mode `old`, old has
 * held the truth all the time, and the change can begin again from expanded; else only a person knows where reads were.
 *
 * @throws ExpandContractError EC_CONTROL_LOST
 */
export async function refuseLostRecords(
  client: ClientBase,
  db: Database,
  change: StepChange,
  unrecorded: readonly StepFile[],
): Promise<void> {
  if (!(await hasLostRecords(db, change, unrecorded))) return
  const trigger = await triggerState(client, change, change)
  if (trigger?.mode === 'old' && trigger.enabledAlways) return
  throw failure('EC_CONTROL_LOST', {
    id: change.id,
    table: inWords(change.table),
    oldColumn: change.oldColumn,
    newColumn: change.newColumn,
    toBeginAgain: change.sync === 'trigger' ? installTrigger(change) : forgetSteps(unrecorded),
  })
}

function installTrigger({ id }: StepChange): string {
  return `run what the expand migration of "${id}" says from the sync trigger on, in one transaction`
}

/** Without a trigger nothing but the journal says that the change is under way. */
function forgetSteps(unrecorded: readonly StepFile[]): string {
  const hashes = unrecorded.filter(({ step }) => step.step !== 'expand').map(({ migration }) => `'${migration.hash}'`)
  return `delete the steps that waited from Drizzle's journal (DELETE … WHERE hash IN (${hashes.join(', ')}))`
}
