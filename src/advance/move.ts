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
import { phasePin } from '../control/phase-pin.ts'
import { setStepState } from '../control/step-state.ts'
import { pruneUnawareWriters } from '../control/unaware-writers.ts'
import { type Facts, oldMayBeBehind } from '../phase/facts.ts'
import type { Guard } from '../phase/guards/index.ts'
import { isLenientIn, type Phase, triggerModeIn } from '../phase/phase.ts'
import { type ProofEffect, proofAfter } from '../phase/proof.ts'
import { blockersOf } from '../phase/transitions.ts'
import { withTableLocks } from '../sql/lock-table.ts'
import {
  createSyncFunction,
  createTransformFunctions,
  isSetTo,
  retiredSides,
  type SyncSetting,
  switchMode,
  type TriggerState,
  triggerState,
} from '../sync/index.ts'
import { readSituation, type Situation } from './read-facts.ts'
import { refuseIfBlocked } from './refuse.ts'
import { refuseIfRejectedMeanwhile } from './refuse-rejected.ts'
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
  const sides = decided.retiredAt !== null && statements.length === 0 ? retiredSides(target.sides) : target.sides
  const installed = await triggerState(client, target.change, target.sides)
  const switches = installed !== undefined && (statements.length > 0 || setsAnew(target, step, installed, decidedOn))
  const setting = settingAfter(target, step, proofEffect(step, seen, switches), decidedOn)
  const before = async () => {
    await lockChangeRow(db, decided.id)
    const { row, facts } = await readSituation(target)
    // Where the change has moved meanwhile these are the guards of another step; the compare-and-set refuses this one.
    if (row?.epoch === decided.epoch) refuseIfBlocked(facts, step.to, blockersOf(step.guards, facts), decision.force)
    const proof = proofEffect(step, facts, switches)
    const epoch = await compareAndSet(db, decided, {
      ...step.patch,
      ...proofPatch(proof, step.to, facts),
      // Recorded also where a hand has set it to that already: the row says what the trigger does.
      ...(installed === undefined ? {} : { triggerMode: setting.mode }),
      ...(switches ? { triggerModeSince: sql`now()` } : {}),
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
    tables: switches || statements.length > 0 ? [target.sides.table] : [],
    mode: statements.length > 0 ? 'ACCESS EXCLUSIVE' : 'SHARE ROW EXCLUSIVE',
    pin: phasePin(decided.id),
    before,
    work: async () => {
      for (const statement of statements) await client.query(statement)
      if (!switches) return
      if (installed.lenient && !setting.lenient) await refuseIfRejectedMeanwhile(target, seen, step.to)
      // Under the lock no statement is between the trigger and its function, so a function of another hand may be replaced.
      const restored = seen.trigger?.alteredByHand
        ? [...createTransformFunctions(target.change.id, sides), ...createSyncFunction(target.change.id, sides)]
        : []
      for (const statement of restored) await client.query(statement)
      await switchMode(client, target.change, sides, setting)
      await recordTriggerVersion(target)
    },
    totalMs: target.lockTimeoutMs,
    signal: target.signal,
  })
  await pruneUnawareWriters(client)
}

/**
 * True where a step leaves the trigger otherwise than it is. The trigger itself decides, not the record of it: a hand that
 * changed its mode is mended. A proof that begins does so with a trigger that is ours for certain.
 */
function setsAnew(target: Target, step: Move, installed: TriggerState, decidedOn: DecidedOn): boolean {
  const { proof = 'kept' } = step
  return proof === 'begins' || !isSetTo(installed, settingAfter(target, step, proof, decidedOn))
}

/** A trigger that is set anew bears no trace any more of having been altered, so the proof begins anew with it. */
function proofEffect({ proof = 'kept' }: Move, { trigger }: Facts, switches: boolean): ProofEffect {
  return switches && trigger?.alteredByHand ? 'begins' : proof
}

/** The setting of the sync trigger once a step is taken. */
function settingAfter(
  { sides }: Target,
  { to, armed = false }: Move,
  proof: ProofEffect,
  { row, facts }: DecidedOn,
): SyncSetting {
  const { copyBack } = facts
  return {
    mode: triggerModeIn(to, { copyBack, armed }) ?? row.triggerMode ?? 'old',
    copyBack: copyBack && !oldMayBeBehind({ ...facts, ...proofAfter(proof, to, facts) }),
    lenient: sides.transform.mayRaise && isLenientIn(to, facts.hasSwitched),
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
    processes: facts.processes.map(({ name, release, host, pid, oldestPhase, newestPhase }) => ({
      name,
      release,
      host,
      pid,
      oldestPhase,
      newestPhase,
    })),
    verifiedEpoch: facts.verifiedEpoch,
    verifiedAt: facts.verifiedAt,
    openMismatches: facts.openMismatches,
    quarantined: facts.quarantined,
    readPercent: facts.readPercent,
    unawareWriters: facts.unawareWriters,
    triggerMode: facts.trigger?.mode ?? null,
  }
}
