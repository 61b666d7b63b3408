import { sql } from 'drizzle-orm'
import type { Step } from '../change/step.ts'
import type { ChangePatch, ChangeRow } from '../control/change-row.ts'
import { compareAndSet } from '../control/change-row.ts'
import { appendHistory, type HistoryAction } from '../control/history.ts'
import { setStepState } from '../control/step-state.ts'
import type { Facts } from '../phase/facts.ts'
import type { Phase, TriggerMode } from '../phase/phase.ts'
import type { Transition } from '../phase/transitions.ts'
import { withTableLocks } from '../sql/lock-table.ts'
import { switchMode } from '../sync/index.ts'
import type { Target } from './target.ts'

/** Who decided, and on what grounds; kept in the history for good. */
export interface Grounds {
  readonly facts: Facts
  /** The reason given where a courtesy guard was overridden. */
  readonly overrideReason?: string | undefined
  readonly confirmedBy?: string | undefined
}

/** A change of the row that needs the sync trigger in another mode, in one transaction. */
interface Move {
  readonly action: HistoryAction
  readonly to: Phase
  readonly patch: ChangePatch
  readonly mode?: TriggerMode | undefined
  /** DDL that belongs to the same transaction, before the trigger is switched. */
  readonly statements?: readonly string[]
  /** Migration steps whose state goes with it. */
  readonly steps?: Readonly<Partial<Record<Step, 'deferred' | 'void'>>>
}

/** Carries out a transition whose guards have been asked. @throws ExpandContractError EC_EPOCH_CONFLICT, EC_LOCK_TIMEOUT */
export async function applyTransition(
  target: Target,
  row: ChangeRow,
  transition: Transition,
  grounds: Grounds,
): Promise<void> {
  const { to, mode, holds, reads } = transition
  await move(target, row, grounds, {
    action: 'transition',
    to,
    mode,
    patch: {
      phase: to,
      phaseSince: sql`now()`,
      ...(reads === undefined ? {} : { readPercent: reads, hold: null }),
      ...(holds ? { hold: 'reads were taken back from new' } : {}),
      ...(to === 'contracted' ? { confirmedAt: sql`now()`, confirmedBy: grounds.confirmedBy ?? null } : {}),
    },
    ...(to === 'abandoned' ? { steps: { handover: 'void', retire: 'void', drop: 'void' } } : {}),
  })
}

/** Arms the refusal of writes to old alone, within new-only. */
export async function applyArming(target: Target, row: ChangeRow, grounds: Grounds): Promise<void> {
  await move(target, row, grounds, { action: 'arm', to: row.phase, mode: 'new', patch: {} })
}

/** Gives the retired column its name back, in the transaction that returns the change to new-only. */
export async function applyUnretire(
  target: Target,
  row: ChangeRow,
  transition: Transition,
  statements: readonly string[],
  grounds: Grounds,
): Promise<void> {
  await move(target, row, grounds, {
    action: 'transition',
    to: transition.to,
    mode: transition.mode,
    statements,
    steps: { retire: 'deferred' },
    patch: { phase: transition.to, phaseSince: sql`now()`, retiredAt: null, confirmedAt: null, confirmedBy: null },
  })
}

/**
 * One transaction: the change's row by compare-and-set (the first lock of every transition), then the table's lock and
 * the trigger's mode where it changes, then the history. The table's lock waits for open writers, so every write was
 * made under one mode, and the phase row and the trigger never disagree for a committed write.
 */
async function move(
  target: Target,
  row: ChangeRow,
  grounds: Grounds,
  { action, to, patch, mode, statements = [], steps = {} }: Move,
): Promise<void> {
  const { client, db } = target.session
  const changesMode = mode !== undefined && (mode !== row.triggerMode || statements.length > 0)
  const modePatch: ChangePatch = changesMode ? { triggerMode: mode, triggerModeSince: sql`now()` } : {}
  const record = async () => {
    const epoch = await compareAndSet(db, row, { ...patch, ...modePatch })
    await appendHistory(db, {
      changeId: row.id,
      action,
      fromPhase: row.phase,
      toPhase: to,
      epoch,
      evidence: evidenceOf(grounds.facts),
      overrideReason: grounds.overrideReason,
    })
    for (const [step, state] of Object.entries(steps)) await setStepState(db, row.id, step as Step, state)
  }
  await withTableLocks(client, {
    // Renaming the column back needs the strongest lock; switching the trigger only keeps writers out.
    tables: changesMode ? [target.sides.table] : [],
    mode: statements.length > 0 ? 'ACCESS EXCLUSIVE' : 'SHARE ROW EXCLUSIVE',
    before: record,
    work: async () => {
      for (const statement of statements) await client.query(statement)
      if (changesMode) await switchMode(client, target.change, target.sides, mode)
    },
    totalMs: target.lockTimeoutMs,
    signal: target.signal,
  })
}

/** What the guards saw, as counts and names. */
function evidenceOf(facts: Facts): Record<string, unknown> {
  return {
    processes: facts.processes.map(({ name, release, host, pid, oldestPhase }) => ({
      name,
      release,
      host,
      pid,
      oldestPhase,
    })),
    verifiedEpoch: facts.verifiedEpoch,
    verifiedAt: facts.verifiedAt,
    openMismatches: facts.openMismatches,
    readPercent: facts.readPercent,
    unawareWriters: facts.unawareWriters,
    triggerMode: facts.trigger?.mode ?? null,
  }
}
