import { sql } from 'drizzle-orm'
import type { ChangePatch } from '../control/change-row.ts'
import { isArmed } from '../phase/facts.ts'
import type { Phase } from '../phase/phase.ts'
import { arming, provingAnew, raisingReads, type Transition } from '../phase/transitions.ts'
import { type DecidedOn, type Decision, move } from './move.ts'
import type { Target } from './target.ts'

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
      guards: row.phase === 'read-switch' && raisesReads(row, percent) ? raisingReads : [],
      patch: { readPercent: percent, hold: null },
      evidence: { from: row.readPercent, to: percent, ...(row.hold === null ? {} : { liftedHold: row.hold }) },
    },
  )
}

/** A hold means none, and where a flag service decides, lifting it raises them whatever the percentage. Fewer are always possible. */
function raisesReads({ hold, readPercent }: DecidedOn['row'], percent: number): boolean {
  return hold !== null || percent > readPercent
}

/** Forces reads to old, within read-switch, where that is always possible. @throws as `applyTransition` */
export async function applyHold(target: Target, decidedOn: DecidedOn, reason: string): Promise<void> {
  const { row } = decidedOn
  await move(
    target,
    decidedOn,
    {},
    { action: 'hold', to: row.phase, guards: [], patch: { hold: reason }, evidence: { reason } },
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
