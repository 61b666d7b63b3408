import { lockChangeRow, setTriggerVersion } from '../control/change-row.ts'
import { appendHistory } from '../control/history.ts'
import { failure } from '../errors/index.ts'
import { isStepFile, readFiles } from '../migrate/migration-file.ts'
import { isLenientIn, triggerModeIn } from '../phase/phase.ts'
import { withTableLocks } from '../sql/lock-table.ts'
import {
  createTransformFunctions,
  defaultsMovedBy,
  installSync,
  retiredName,
  retiredSides,
  switchMode,
} from '../sync/index.ts'
import type { DecidedOn } from './move.ts'
import type { Target } from './target.ts'

/** Stands for a trigger that is in the catalog and was not set by the step that relies on it, so that the proof begins anew. */
const versionBeforeProof = 'missing'

/**
 * Puts a sync trigger that was dropped back, as the phase needs it, under the lock that waits for open writers. Whoever
 * wrote meanwhile passed it by, so it counts as altered by hand: what comes next is to prove both sides anew.
 *
 * @throws ExpandContractError EC_EPOCH_CONFLICT, EC_LOCK_TIMEOUT, EC_STEP_FILE_MISSING
 */
export async function reinstallTrigger(target: Target, { row: decided, facts }: DecidedOn): Promise<void> {
  const { session, change, lockTimeoutMs: totalMs, signal } = target
  const { client, db } = session
  const sides = decided.retiredAt === null ? target.sides : retiredSides(target.sides)
  const { copyBack } = facts
  const armed = decided.triggerMode === 'new' || decided.triggerMode === 'fence'
  const mode = triggerModeIn(decided.phase, { copyBack, armed }) ?? 'old'
  const moved = defaultsMovedBy(change.id, target.sides, expandText(target))
  const named = (column: string) => (decided.retiredAt === null ? column : retiredName(column))
  const oldDefaults = new Map([...moved].map(([column, expression]) => [named(column), expression]))
  await withTableLocks(client, {
    tables: [sides.table],
    mode: 'SHARE ROW EXCLUSIVE',
    totalMs,
    signal,
    before: async () => {
      if ((await lockChangeRow(db, change.id))?.epoch !== decided.epoch) {
        throw failure('EC_EPOCH_CONFLICT', { id: change.id })
      }
    },
    work: async () => {
      const missing = [
        ...createTransformFunctions(change.id, sides),
        ...installSync(change, sides, mode, { oldDefaults }),
      ]
      for (const statement of missing) await client.query(statement)
      await switchMode(client, change, sides, {
        mode,
        copyBack,
        lenient: sides.transform.mayRaise && isLenientIn(decided.phase, facts.hasSwitched),
      })
      await setTriggerVersion(db, change.id, versionBeforeProof)
      await appendHistory(db, {
        changeId: change.id,
        action: 'reinstall',
        fromPhase: decided.phase,
        toPhase: decided.phase,
        epoch: decided.epoch,
        evidence: { mode },
      })
    },
  })
}

/** The expand step's file, which alone still knows the default that it moved from the old column into a trigger. */
function expandText({ change, migrations: { folder } }: Target): string {
  const file = readFiles(folder)
    .filter(isStepFile)
    .find(({ step }) => step.changeId === change.id && step.step === 'expand')
  if (file === undefined) throw failure('EC_STEP_FILE_MISSING', { id: change.id, step: 'expand', folder })
  return file.migration.text
}
