import type { ClientBase } from 'pg'
import { columnTypes } from '../catalog/columns.ts'
import { filledIn } from '../change/sql-transform.ts'
import type { Database } from '../drizzle/database.ts'
import { failure } from '../errors/index.ts'
import { identifier, tableInWords } from '../sql/identifier.ts'
import { retiredName, triggerState } from '../sync/index.ts'
import type { StepFile } from './migration-file.ts'
import type { StepChange } from './step-change.ts'

/**
 * True where Drizzle's journal holds the retire step and both sides are there under their names: only our runner writes
 * down a step that it has not run. Nothing recorded of it means that the control tables, or rows of them, are gone.
 *
 * @param unrecorded the change's steps that the journal holds and the control tables do not.
 */
async function hasLostRecords(
  db: Database,
  { table, oldColumns, newColumns }: StepChange,
  unrecorded: readonly StepFile[],
): Promise<boolean> {
  if (!unrecorded.some(({ step, isVoid }) => step.step === 'retire' && !isVoid)) return false
  const retired = oldColumns.map(retiredName)
  const columns = await columnTypes(db, table, [...oldColumns, ...newColumns, ...retired])
  return [...oldColumns, ...newColumns].every((name) => columns.has(name)) && !retired.some((name) => columns.has(name))
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
    table: tableInWords(change.table),
    oldColumns: change.oldColumns,
    newColumns: change.newColumns,
    copyBack: copyBack(change),
    toBeginAgain: change.sync === 'trigger' ? installTrigger(change) : forgetSteps(unrecorded),
  })
}

/** What an UPDATE sets to copy the new side back; the functions of a transform may be lost as well. */
function copyBack({ oldColumns, newColumns, transform }: StepChange): string {
  const operands = newColumns.map(identifier)
  const values = transform.isIdentity ? operands : transform.backward.map((template) => filledIn(template, operands))
  return oldColumns.map((name, index) => `${identifier(name)} = ${values[index]}`).join(', ')
}

function installTrigger({ id, transform }: StepChange): string {
  const first = transform.isIdentity ? 'sync trigger' : 'functions of its transform'
  return `run what the expand migration of "${id}" says from the ${first} on, in one transaction`
}

/** Without a trigger nothing but the journal says that the change is under way. */
function forgetSteps(unrecorded: readonly StepFile[]): string {
  const hashes = unrecorded.filter(({ step }) => step.step !== 'expand').map(({ migration }) => `'${migration.hash}'`)
  return `delete the steps that waited from Drizzle's journal (DELETE … WHERE hash IN (${hashes.join(', ')}))`
}
