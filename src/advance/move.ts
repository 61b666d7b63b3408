import { sql } from 'drizzle-orm'
import type { Step } from '../change/step.ts'
import {
  type ChangePatch,
  type ChangeRow,
  compareAndSet,
  lockChangeRow,
  setTriggerVersion,
} from '../control/change-row.ts'
import { appendHistory, type HistoryAction } from '../control/history.ts'
import { setStepState } from '../control/step-state.ts'
import { pruneUnawareWriters } from '../control/unaware-writers.ts'
import { type Facts, oldMayBeBehind } from '../phase/facts.ts'
import type { Guard } from '../phase/guards/index.ts'
import { type Phase, triggerModeIn } from '../phase/phase.ts'
import { type ProofEffect, proofAfter } from '../phase/proof.ts'
import { blockersOf } from '../phase/transitions.ts'
import { withTableLocks } from '../sql/lock-table.ts'
import { isSetTo, retiredSides, type SyncSetting, switchMode, triggerState } from '../sync/index.ts'
import { readSituation, type Situation } from './read-facts.ts'
import { refuseIfBlocked } from './refuse.ts'
import type { Target } from './target.ts'

/** A change as it was when somebody decided on its next step. */
export type DecidedOn = Situation & { readonly row: ChangeRow }

/** Who decided, and on what grounds; kept in the history for good. */
export interface Decision {
  /** The reason given to override courtesy guards. */
  readonly force?: string | undefined
  readonly confirmedBy?: string | undefined
}

/** A change of the row that may need the sync trigger in another mode, in one transaction. */
export interface Move {
  readonly action: HistoryAction
  readonly to: Phase
  readonly guards: readonly Guard[]
  readonly patch: ChangePatch
  /** What belongs in the history besides what the guards saw. */
  readonly evidence?: Record<string, unknown>
  /** Whether writes to old alone are refused from then on. Default: `false`. */
  readonly armed?: boolean
  readonly proof?: ProofEffect
  /** DDL that belongs to the same transaction, before the trigger is switched. */
  readonly statements?: readonly string[]
  /** Migration steps whose state goes with it. */
  readonly steps?: Readonly<Partial<Record<Step, 'deferred' | 'void'>>>
}

/**
 * One transaction: the change's row is locked (the first lock of every transition), the guards are asked again under
 * that lock, the row is moved by compare-and-set and the history written; then the table is locked and the trigger
 * switched where its mode changes. The table's lock waits for open writers, so every write was made under one mode, and
 * the row and the trigger never disagree for a committed write.
 *
 * The guards have been asked when the step was decided on; a verification that fails, or a process that comes back,
 * between the decision and this lock is seen here.
 */
export async function move(target: Target, decidedOn: DecidedOn, decision: Decision, step: Move): Promise<void> {
  const { client, db } = target.session
  const { row: decided, facts: seen } = decidedOn
  const { statements = [], steps = {} } = step
  let proof = proofEffect(step, seen)
  const setting = settingAfter(step, proof, decidedOn)
  const installed = await triggerState(client, target.change, target.sides)
  const sides = decided.retiredAt !== null && statements.length === 0 ? retiredSides(target.sides) : target.sides
  // The trigger itself decides, not the record of it: a hand that changed it is mended by the next step.
  const switchTo =
    installed === undefined || (isSetTo(installed, setting) && statements.length === 0) ? undefined : setting
  const before = async () => {
    await lockChangeRow(db, decided.id)
    const { row, facts } = await readSituation(target)
    // Where the change has moved meanwhile these are the guards of another step; the compare-and-set refuses this one.
    if (row?.epoch === decided.epoch) refuseIfBlocked(facts, step.to, blockersOf(step.guards, facts), decision.force)
    proof = proofEffect(step, facts)
    const epoch = await compareAndSet(db, decided, {
      ...step.patch,
      ...proofPatch(proof, step.to, facts),
      ...(switchTo === undefined ? {} : { triggerMode: switchTo.mode, triggerModeSince: sql`now()` }),
    })
    await appendHistory(db, {
      changeId: decided.id,
      action: step.action,
      fromPhase: decided.phase,
      toPhase: step.to,
      epoch,
      evidence: { ...evidenceOf(facts), ...step.evidence, ...(proof === 'kept' ? {} : { proof }) },
      overrideReason: decision.force,
    })
    for (const [name, state] of Object.entries(steps)) await setStepState(db, decided.id, name as Step, state)
  }
  await withTableLocks(client, {
    // Renaming the column back needs the strongest lock; switching the trigger only keeps writers out.
    tables: switchTo === undefined && statements.length === 0 ? [] : [target.sides.table],
    mode: statements.length > 0 ? 'ACCESS EXCLUSIVE' : 'SHARE ROW EXCLUSIVE',
    before,
    work: async () => {
      for (const statement of statements) await client.query(statement)
      if (switchTo !== undefined) await switchMode(client, target.change, sides, switchTo)
      if (switchTo !== undefined || proof === 'begins') await recordTriggerVersion(target)
    },
    totalMs: target.lockTimeoutMs,
    signal: target.signal,
  })
  await pruneUnawareWriters(client)
}

/** A step that passes although the trigger was altered records it as ours, so what it was off for has to be found by proof. */
function proofEffect({ proof = 'kept' }: Move, { trigger }: Facts): ProofEffect {
  return proof === 'kept' && trigger?.alteredByHand ? 'begins' : proof
}

/** The setting of the sync trigger once a step is taken. */
function settingAfter({ to, armed = false }: Move, proof: ProofEffect, { row, facts }: DecidedOn): SyncSetting {
  const { copyBack } = facts
  return {
    mode: triggerModeIn(to, { copyBack, armed }) ?? row.triggerMode ?? 'old',
    copyBack: copyBack && !oldMayBeBehind({ ...facts, ...proofAfter(proof, to, facts) }),
  }
}

/** Both sides begin to be written together, or cease to; what was filled and verified before proves nothing then. */
function proofPatch(proof: ProofEffect, to: Phase, facts: Facts): ChangePatch {
  const { syncSince, verifiedEpoch, backfillDone, backfillDirection, attested } = proofAfter(proof, to, facts)
  return {
    syncSince,
    verifiedEpoch,
    backfillDirection,
    ...(backfillDone === facts.backfillDone ? {} : { backfillState: 'pending' }),
    ...(attested === facts.attested ? {} : { attestedAt: null, attestedBy: null }),
  }
}

/** What is found in the catalog from now on is known to be ours. */
async function recordTriggerVersion({ session: { client, db }, change, sides }: Target): Promise<void> {
  const trigger = await triggerState(client, change, sides)
  if (trigger !== undefined) await setTriggerVersion(db, change.id, trigger.version)
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
