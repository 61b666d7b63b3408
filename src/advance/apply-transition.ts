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
import { type Facts, isArmed } from '../phase/facts.ts'
import type { Guard } from '../phase/guards/index.ts'
import { type Phase, triggerModeIn } from '../phase/phase.ts'
import { type ProofEffect, proofAfter } from '../phase/proof.ts'
import { arming, blockersOf, provingAnew, raisingReads, type Transition } from '../phase/transitions.ts'
import { withTableLocks } from '../sql/lock-table.ts'
import { switchMode, triggerState } from '../sync/index.ts'
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
interface Move {
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

/** Begins the proof anew that both sides agree: whoever passed the trigger by while it was altered is found by it. */
export async function applyProvingAnew(target: Target, decidedOn: DecidedOn, decision: Decision): Promise<void> {
  await move(target, decidedOn, decision, {
    action: 'prove-anew',
    to: decidedOn.row.phase,
    guards: provingAnew,
    armed: isArmed(decidedOn.facts),
    proof: 'begins',
    patch: {},
  })
}

/** Carries out a transition. @throws ExpandContractError EC_GUARD_REFUSED, EC_EPOCH_CONFLICT, EC_LOCK_TIMEOUT */
export async function applyTransition(
  target: Target,
  decidedOn: DecidedOn,
  { to, guards, holds, reads, proof }: Transition,
  decision: Decision,
): Promise<void> {
  await move(target, decidedOn, decision, {
    action: 'transition',
    to,
    guards,
    proof: proof?.(decidedOn.facts) ?? 'kept',
    patch: {
      phase: to,
      phaseSince: sql`now()`,
      ...(to === 'new-only' ? { copyBack: decidedOn.facts.copyBack } : {}),
      ...(reads === undefined ? {} : { readPercent: reads, hold: null }),
      ...(holds ? { hold: 'reads were taken back from new' } : {}),
      ...confirmation(to, decision),
    },
    ...(to === 'abandoned' ? { steps: { handover: 'void', retire: 'void', drop: 'void' } } : {}),
  })
}

/** The contract is confirmed by somebody; going back from it takes the confirmation with it. */
function confirmation(to: Phase, { confirmedBy }: Decision): ChangePatch {
  if (to === 'contracted') return { confirmedAt: sql`now()`, confirmedBy: confirmedBy ?? null }
  return to === 'new-only' ? { confirmedAt: null, confirmedBy: null } : {}
}

/** Arms the refusal of writes to old alone, within new-only. @throws as `applyTransition` */
export async function applyArming(target: Target, decidedOn: DecidedOn, decision: Decision): Promise<void> {
  await move(target, decidedOn, decision, {
    action: 'arm',
    to: decidedOn.row.phase,
    guards: arming,
    armed: true,
    patch: {},
  })
}

/** Sets how many of a hundred keys read new, and lifts a hold. @throws as `applyTransition` */
export async function applyReads(target: Target, decidedOn: DecidedOn, percent: number): Promise<void> {
  const { row } = decidedOn
  await move(
    target,
    decidedOn,
    {},
    {
      action: 'reads',
      to: row.phase,
      armed: isArmed(decidedOn.facts),
      // Fewer reads on new, or none, is always possible.
      guards: row.phase === 'read-switch' && percent > row.readPercent ? raisingReads : [],
      patch: { readPercent: percent, hold: null },
      evidence: { from: row.readPercent, to: percent, ...(row.hold === null ? {} : { liftedHold: row.hold }) },
    },
  )
}

/** Gives the retired column its name back, in the transaction that returns the change to new-only. @throws as `applyTransition` */
export async function applyUnretire(
  target: Target,
  decidedOn: DecidedOn,
  { to, guards }: Transition,
  statements: readonly string[],
  decision: Decision,
): Promise<void> {
  await move(target, decidedOn, decision, {
    action: 'transition',
    to,
    guards,
    statements,
    steps: { retire: 'deferred' },
    patch: { phase: to, phaseSince: sql`now()`, retiredAt: null, ...confirmation(to, decision) },
  })
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
async function move(target: Target, decidedOn: DecidedOn, decision: Decision, step: Move): Promise<void> {
  const { client, db } = target.session
  const { row: decided, facts: seen } = decidedOn
  const { statements = [], steps = {} } = step
  const mode = triggerModeIn(step.to, { copyBack: seen.copyBack, armed: step.armed ?? false }) ?? decided.triggerMode
  // The trigger itself decides, not the record of it: a hand that changed it is mended by the next step.
  const switches = mode !== null && seen.trigger !== undefined && (seen.trigger.mode !== mode || statements.length > 0)
  const before = async () => {
    await lockChangeRow(db, decided.id)
    const { row, facts } = await readSituation(target)
    // Where the change has moved meanwhile these are the guards of another step; the compare-and-set refuses this one.
    if (row?.epoch === decided.epoch) refuseIfBlocked(facts, step.to, blockersOf(step.guards, facts), decision.force)
    const modePatch: ChangePatch = switches ? { triggerMode: mode, triggerModeSince: sql`now()` } : {}
    const epoch = await compareAndSet(db, decided, { ...step.patch, ...proofPatch(step, facts), ...modePatch })
    await appendHistory(db, {
      changeId: decided.id,
      action: step.action,
      fromPhase: decided.phase,
      toPhase: step.to,
      epoch,
      evidence: { ...evidenceOf(facts), ...step.evidence },
      overrideReason: decision.force,
    })
    for (const [name, state] of Object.entries(steps)) await setStepState(db, decided.id, name as Step, state)
  }
  await withTableLocks(client, {
    // Renaming the column back needs the strongest lock; switching the trigger only keeps writers out.
    tables: switches ? [target.sides.table] : [],
    mode: statements.length > 0 ? 'ACCESS EXCLUSIVE' : 'SHARE ROW EXCLUSIVE',
    before,
    work: async () => {
      for (const statement of statements) await client.query(statement)
      if (switches) await switchMode(client, target.change, target.sides, mode)
      if (switches || step.proof === 'begins') await recordTriggerVersion(target)
    },
    totalMs: target.lockTimeoutMs,
    signal: target.signal,
  })
  await pruneUnawareWriters(client)
}

/** Both sides begin to be written together, or cease to; what was filled and verified before proves nothing then. */
function proofPatch({ proof = 'kept', to }: Move, facts: Facts): ChangePatch {
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
