import { findRelation } from '../catalog/relations.ts'
import type { Step } from '../change/step.ts'
import { type ChangeRow, readChangeRow } from '../control/change-row.ts'
import { stepStates } from '../control/step-state.ts'
import { stepGates } from '../phase/step-gates.ts'
import { liveProcesses } from '../registry/live-processes.ts'
import type { StepFile } from './migration-file.ts'
import { clientOf, type Run } from './run.ts'
import type { StepChange } from './step-change.ts'

/** `void`: the change was abandoned, so the step will never run. */
export type Gate =
  | { readonly state: 'open' }
  | { readonly state: 'void' }
  | { readonly state: 'closed'; readonly waitsFor: string }

/** Whether a step may run now. For a table that this run created every gate is open. */
export async function gateOf(run: Run, change: StepChange, { step: { step }, isVoid }: StepFile): Promise<Gate> {
  if (isVoid) return { state: 'void' }
  if (await isFresh(run, change)) return { state: 'open' }
  return gateFor(run, change, step, run.hasControlTables ? await readChangeRow(run.session.db, change.id) : undefined)
}

/** Whether a step may run by the change's row. Nothing but the expand step may where no row is. */
export async function gateFor(run: Run, change: StepChange, step: Step, row: ChangeRow | undefined): Promise<Gate> {
  if (row?.phase === 'abandoned' && step !== 'abandon') return { state: 'void' }
  const { db } = run.session
  const { rows } = await clientOf(run).query<{ now: Date }>('SELECT now()')
  const waitsFor = stepGates[step]({
    phase: row?.phase ?? 'planned',
    retiredAt: row?.retiredAt ?? null,
    soakMs: row?.soakMs ?? change.soakMs,
    now: rows[0]!.now,
    steps: run.hasControlTables ? await stepStates(db, change.id) : {},
    processes: run.hasControlTables ? await liveProcesses(db, { changeId: change.id, table: change.table }) : [],
  })
  return waitsFor === undefined ? { state: 'open' } : { state: 'closed', waitsFor }
}

/** True where nobody can use the table yet: it did not exist when the run began. */
export async function isFresh({ session, tablesBefore, input }: Run, { table }: StepChange): Promise<boolean> {
  const found = await findRelation(session.client, table)
  // In a dry run the migration that would create it has not.
  return found === undefined ? input.dryRun === true : !tablesBefore.has(found.tableOid)
}
