import type { ClientBase } from 'pg'
import { findRelation } from '../catalog/relations.ts'
import type { Step } from '../change/step.ts'
import { type ChangeRow, readChangeRow } from '../control/change-row.ts'
import { stepGates } from '../phase/step-gates.ts'
import type { Run } from './run.ts'
import type { StepChange } from './step-change.ts'

/** `void`: the change was given up, so the step will never run. */
export type Gate = 'open' | 'closed' | 'void'

/** Whether a step may run now. For a table that this run created every gate is open. */
export async function gateOf(run: Run, change: StepChange, step: Step): Promise<Gate> {
  if (await isFresh(run, change)) return 'open'
  const { db, client } = run.session
  return gateFor(client, step, run.hasControlTables ? await readChangeRow(db, change.id) : undefined)
}

/** Whether a step may run by the change's row. Nothing but the expand step may where no row is. */
export async function gateFor(client: ClientBase, step: Step, row: ChangeRow | undefined): Promise<Gate> {
  if (row?.phase === 'abandoned') return 'void'
  if (row === undefined) return step === 'expand' ? 'open' : 'closed'
  const { rows } = await client.query<{ now: Date }>('SELECT now()')
  return stepGates[step].isOpen({ ...row, now: rows[0]!.now }) ? 'open' : 'closed'
}

/** True where nobody can use the table yet: it did not exist when the run began. */
export async function isFresh({ session, tablesBefore, input }: Run, { table }: StepChange): Promise<boolean> {
  const found = await findRelation(session.client, table)
  // In a dry run the migration that would create it has not.
  return found === undefined ? input.dryRun === true : !tablesBefore.has(found.tableOid)
}
