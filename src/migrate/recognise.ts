import { sql } from 'drizzle-orm'
import type { ClientBase } from 'pg'
import { columnTypes } from '../catalog/columns.ts'
import { type ForwardStep, type Step, steps } from '../change/step.ts'
import { expandedState, expandedWithoutTrigger, type FoundState, recordChangeAt } from '../control/record-change.ts'
import type { Database } from '../drizzle/database.ts'
import type { StepState } from '../phase/facts.ts'
import { withTableLocks } from '../sql/lock-table.ts'
import { retiredName, switchMode, type TriggerState, triggerState } from '../sync/index.ts'
import { catalogSides } from './catalog-sides.ts'
import { refuseLostRecords } from './lost-control.ts'
import type { StepFile } from './migration-file.ts'
import { readProgress, saveProgress } from './progress.ts'
import { type Run, tell } from './run.ts'
import type { StepChange } from './step-change.ts'
import { armedSetting, recordTriggerVersion } from './trigger.ts'

/** What the catalog says of a change; a side is there where all its columns are. */
interface Found {
  readonly old: boolean
  readonly next: boolean
  readonly retired: boolean
  readonly trigger: TriggerState | undefined
}

/** What the catalog proves: the last step whose work is there, and the row that stands for it. */
interface Recognised {
  /** `undefined`: not even the expand step's. */
  readonly lastStep: Step | undefined
  /** Undefined where nobody keeps the sides in sync, so that the change cannot go on from here. */
  readonly state: FoundState | undefined
}

/**
 * Takes in the steps that others ran, Drizzle's `migrate()` above all: its journal holds them, and nothing else says how
 * far they came. The catalog decides, and what it does not show counts as deferred.
 *
 * @param files the step files that Drizzle's journal holds.
 */
export async function recogniseSteps(
  run: Run,
  files: readonly StepFile[],
  changes: ReadonlyMap<string, StepChange>,
): Promise<void> {
  const { client, db } = run.session
  const { input } = run
  for (const change of changes.values()) {
    const unknown: StepFile[] = []
    for (const file of files.filter(({ step }) => step.changeId === change.id)) {
      if ((await readProgress(db, file)) === undefined) unknown.push(file)
    }
    if (unknown.length === 0) continue
    await refuseLostRecords(client, db, change, unknown)
    const { lastStep, state } = recognise(change, unknown, await findOf(client, db, change))
    const isArming = lastStep === 'retire' && state?.triggerMode != null
    const isNew = await withTableLocks(client, {
      tables: isArming ? [change.table] : [],
      mode: 'SHARE ROW EXCLUSIVE',
      totalMs: input.locks?.totalMs,
      policy: input.locks?.policy,
      signal: input.signal,
      work: async () => {
        for (const file of unknown) await saveProgress(db, file, stateOf(file, lastStep))
        const recorded =
          state !== undefined && (await recordChangeAt(db, change, state, { recognisedFrom: 'catalog', lastStep }))
        if (isArming) await armRetired(client, db, change)
        return recorded
      },
    })
    if (isNew) tell(run, { kind: 'recognised', changeId: change.id, phase: state!.phase })
  }
}

/**
 * Lets the trigger take writes of the new side alone, as `contract` does before the retire step. Nothing is refused by
 * it that works now: whoever names the old column has failed since it was renamed.
 */
async function armRetired(client: ClientBase, db: Database, change: StepChange): Promise<void> {
  const sides = await catalogSides(db, { ...change, oldColumns: change.oldColumns.map(retiredName) })
  await switchMode(client, change, sides, armedSetting(change))
  await recordTriggerVersion(client, db, change)
}

/** Which step the catalog shows, the furthest first. */
function recognise(change: StepChange, unknown: readonly StepFile[], found: Found): Recognised {
  const { old, next, retired, trigger } = found
  const now = sql`now()`
  // A column of the name that was given up may have been added anew since.
  if (unknown.some(({ step }) => step.step === 'abandon') && trigger === undefined) {
    return { lastStep: 'abandon', state: { phase: 'abandoned' } }
  }
  // Later changes may have renamed the new column too. An undeclared change without a trigger ended long ago: its old
  // column may have been added anew since.
  if ((!old && !retired) || (change.declared === undefined && !change.isToBeAbandoned && trigger === undefined)) {
    return { lastStep: 'drop', state: { phase: 'contracted', readPercent: 100, retiredAt: now, droppedAt: now } }
  }
  if (retired) {
    const { mode: triggerMode } = armedSetting(change)
    const synced = trigger === undefined ? {} : { triggerMode, syncSince: 1 }
    return { lastStep: 'retire', state: { phase: 'contracted', readPercent: 100, retiredAt: now, ...synced } }
  }
  // The journal holds a retire step that nobody ran, so our runner deferred it, and the handover with it.
  if (next && unknown.some(({ step, isVoid }) => step.step === 'retire' && !isVoid)) {
    return { lastStep: 'expand', state: expandedBy(change, trigger) }
  }
  // The handover leaves no mark of its own; the journal holds it, and Drizzle either runs a file or fails.
  if (next) return { lastStep: 'handover', state: expandedBy(change, trigger) }
  return { lastStep: undefined, state: undefined }
}

/** Without its trigger a change that is to have one cannot go on: nobody knows since when it has been missing. */
function expandedBy({ sync }: StepChange, trigger: TriggerState | undefined): FoundState | undefined {
  if (sync === 'none') return expandedWithoutTrigger
  return trigger === undefined ? undefined : expandedState(trigger)
}

function stateOf({ step: { step }, isVoid }: StepFile, lastStep: Step | undefined): StepState {
  if (isVoid) return 'void'
  if (step === 'abandon') return lastStep === 'abandon' ? 'done' : 'deferred'
  return isReached(step, lastStep) ? 'done' : 'deferred'
}

function isReached(step: ForwardStep, lastStep: Step | undefined): boolean {
  if (lastStep === 'abandon') return step === 'expand'
  return lastStep !== undefined && steps.indexOf(step) <= steps.indexOf(lastStep)
}

async function findOf(client: ClientBase, db: Database, change: StepChange): Promise<Found> {
  const { table, oldColumns, newColumns } = change
  const retired = oldColumns.map(retiredName)
  const columns = await columnTypes(db, table, [...oldColumns, ...newColumns, ...retired])
  const hasAll = (names: readonly string[]) => names.every((name) => columns.has(name))
  return {
    old: hasAll(oldColumns),
    next: hasAll(newColumns),
    retired: hasAll(retired),
    trigger: await triggerState(client, change, change),
  }
}
