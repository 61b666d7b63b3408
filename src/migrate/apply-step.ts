import { sql } from 'drizzle-orm'
import type { Step } from '../change/step.ts'
import { type ChangePatch, type ChangeRow, compareAndSet, lockChangeRow, readChangeRow } from '../control/change-row.ts'
import { appendHistory } from '../control/history.ts'
import { phasePin } from '../control/phase-pin.ts'
import { expandedState, expandedWithoutTrigger, recordChangeAt } from '../control/record-change.ts'
import { failure } from '../errors/index.ts'
import { triggerState } from '../sync/index.ts'
import { abandonChange } from './abandon-change.ts'
import { applyFile } from './apply-file.ts'
import { checkTransform } from './check-transform.ts'
import { contractFresh, fillNewColumns, unitsForFreshTable } from './fresh-table.ts'
import { gateFor, isFresh } from './gate.ts'
import type { StepFile } from './migration-file.ts'
import { saveProgress } from './progress.ts'
import { clientOf, type Run } from './run.ts'
import type { StepChange } from './step-change.ts'
import { isTriggerOurs, recordTriggerVersion } from './trigger.ts'
import { type Grouping, unitsOf } from './units.ts'

interface StepRule {
  /** Rename and trigger, or trigger and column, change together; the handover's long checks commit one by one. */
  readonly grouping: Grouping
  /** What the step makes of the change's row. It counts as a decision: the epoch grows. */
  readonly patch?: ChangePatch
}

const stepRules: Readonly<Record<Step, StepRule>> = {
  expand: { grouping: 'each' },
  handover: { grouping: 'each' },
  retire: { grouping: 'together', patch: { retiredAt: sql`now()` } },
  drop: { grouping: 'together', patch: { droppedAt: sql`now()` } },
  abandon: { grouping: 'together', patch: { triggerMode: null, triggerVersion: null } },
}

/**
 * Runs a step of a change from where it stands. Each of its transactions begins with a look at the gate, and the last one
 * notes the step as done. A step that moves the change's row (retire, drop) has it locked from the beginning.
 *
 * @param isPending Drizzle's journal does not hold the file yet.
 */
export async function applyStep(run: Run, file: StepFile, change: StepChange, isPending: boolean): Promise<void> {
  const { db } = run.session
  const { step } = file.step
  if (step === 'expand') await checkTransform(run, change)
  const fresh = await isFresh(run, change)
  if (fresh && step === 'handover') await fillNewColumns(run, file, change)
  let row: ChangeRow | undefined
  let setsTrigger = false
  const finish = async (): Promise<void> => {
    if (row !== undefined && step !== 'expand') await noteStep(run, row, file, stepRules[step].patch)
    await saveProgress(db, file, 'done')
    if (isPending) await run.journal.append(file.migration)
  }
  await applyFile(run, {
    file,
    units: fresh ? await unitsForFreshTable(run, file, change) : unitsOf(file.migration),
    grouping: fresh ? 'together' : stepRules[step].grouping,
    before: async () => {
      // A handover may read the table for long and harms nobody who goes back meanwhile: `back` must not wait for it here.
      row = await (stepRules[step].patch === undefined ? readChangeRow : lockChangeRow)(db, change.id)
      if (fresh) row = row && step === 'retire' ? await contractFresh(run, change, row) : row
      else await requireOpen(run, file, change, row)
      // The retire step gives the trigger a function that knows the column by its new name.
      setsTrigger =
        step === 'retire' && (fresh || (await isTriggerOurs(clientOf(run), change, row?.triggerVersion ?? null)))
      if (step === 'abandon') row = row && (await abandonChange(run, row, evidenceOf(file)))
    },
    // Writers that the database has told the phase are waited for.
    pin: step === 'abandon' ? phasePin(change.id) : undefined,
    after: async ({ isLast }) => {
      if (step === 'expand') await recordOnceExpanded(run, file, change, isLast)
      if (setsTrigger) await recordTriggerVersion(clientOf(run), db, change)
      if (isLast) await finish()
    },
  })
}

/** Waiting and nothing else: Drizzle's journal holds the file, so that Drizzle's own `migrate()` leaves it alone. */
export async function deferStep(run: Run, file: StepFile, state: 'deferred' | 'void'): Promise<void> {
  await run.session.db.transaction(async (tx) => {
    await saveProgress(tx, file, state)
    await run.journal.append(file.migration)
  })
}

/** @throws ExpandContractError EC_GUARD_REFUSED where the gate has closed since it was looked at. */
async function requireOpen(
  run: Run,
  { step: { step, changeId } }: StepFile,
  change: StepChange,
  row: ChangeRow | undefined,
): Promise<void> {
  const gate = await gateFor(run, change, step, row)
  if (gate.state === 'open') return
  throw failure('EC_GUARD_REFUSED', {
    id: changeId,
    from: row?.phase ?? 'planned',
    to: `${step} step`,
    reasons: [gate.state === 'void' ? 'the change was abandoned' : `the ${step} step waits for ${gate.waitsFor}`],
    forceable: false,
  })
}

/** Records the change in the transaction that leaves column and trigger in place, or at the end where there is no trigger. */
async function recordOnceExpanded(run: Run, file: StepFile, change: StepChange, isLast: boolean): Promise<void> {
  const trigger = await triggerState(clientOf(run), change, change)
  if (trigger === undefined && !isLast) return
  const state = trigger === undefined ? expandedWithoutTrigger : expandedState(trigger)
  await recordChangeAt(run.session.db, change, state, evidenceOf(file))
}

async function noteStep(run: Run, row: ChangeRow, file: StepFile, patch: ChangePatch | undefined): Promise<void> {
  const { db } = run.session
  const epoch = patch === undefined ? row.epoch : await compareAndSet(db, row, patch)
  const { id: changeId, phase } = row
  await appendHistory(db, {
    changeId,
    action: 'step',
    fromPhase: phase,
    toPhase: phase,
    epoch,
    evidence: evidenceOf(file),
  })
}

function evidenceOf({ step, migration }: StepFile): Record<string, unknown> {
  return { step: step.step, migration: migration.tag }
}
