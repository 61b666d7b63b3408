import { type BackStep, wayBack } from '../phase/back-step.ts'
import type { Facts } from '../phase/facts.ts'
import { handoverApplied, notDropped, syncHolds } from '../phase/guards/index.ts'
import { type NextStep, nextStep } from '../phase/next-step.ts'
import {
  arming,
  type Blocker,
  blockersOf,
  filling,
  provingAnew,
  raisingReads,
  retiring,
  transitionBetween,
} from '../phase/transitions.ts'
import { readSituation, type Situation } from './read-facts.ts'
import type { Target } from './target.ts'

/** A step as it is planned, forward or back. */
export interface Planned extends Situation {
  readonly step: NextStep | BackStep
  /** What stands in its way. */
  readonly blockers: readonly Blocker[]
}

export interface NextPlan extends Planned {
  readonly step: NextStep
  /** The handover step has to run first, and will. */
  readonly handoverFirst: boolean
}

export interface BackPlan extends Planned {
  readonly step: BackStep
  /** The step and those that follow it, up to the phase before. */
  readonly way: readonly BackStep[]
}

/** Whoever waits has decided on one step; another one, that somebody else's step has led to, is not his. */
export function isSameStep(decided: Planned, now: Planned): boolean {
  const isDueDrop = decided.step.kind === 'soak' && now.step.kind === 'drop'
  const isSame = isDueDrop || JSON.stringify(decided.step) === JSON.stringify(now.step)
  return isSame && decided.facts.epoch === now.facts.epoch
}

/** Where a change is, what comes next and what stands in the way. Reads only. */
export async function planNext(target: Target): Promise<NextPlan> {
  const situation = await readSituation(target)
  const step = nextStep(situation.facts)
  const handoverFirst =
    step.kind === 'transition' && step.to === 'new-only' && isOutstanding(situation.facts.steps.handover)
  return { ...situation, step, handoverFirst, blockers: blockersOfNext(step, situation.facts, handoverFirst) }
}

export async function planBack(target: Target): Promise<BackPlan> {
  const situation = await readSituation(target)
  const way = wayBack(situation.facts)
  const step = way[0]!
  return { ...situation, step, way, blockers: blockersOfBack(step, situation.facts) }
}

/** A fill that nobody but its caller asks for, in the direction of the phase. Reads only. */
export async function planFill(target: Target): Promise<Planned> {
  const situation = await readSituation(target)
  return { ...situation, step: { kind: 'backfill' }, blockers: blockersOf(filling(situation.facts), situation.facts) }
}

function isOutstanding(state: string | undefined): boolean {
  return state === 'deferred' || state === 'running'
}

function blockersOfNext(step: NextStep, facts: Facts, handoverFirst: boolean): readonly Blocker[] {
  if (step.kind === 'arm') return blockersOf(arming, facts)
  if (step.kind === 'backfill') return blockersOf(filling(facts), facts)
  if (step.kind === 'prove-anew') return blockersOf(provingAnew, facts)
  if (step.kind === 'retire' || step.kind === 'drop') return blockersOf(retiring, facts)
  if (step.kind === 'reads') return blockersOf(raisingReads, facts)
  if (step.kind === 'migrate')
    return [safetyBlocker('the expand migration is not applied: run `npx expand-contract migrate`')]
  if (step.kind === 'soak') return [safetyBlocker(`the soak ends at ${step.until.toISOString()}`)]
  if (step.kind !== 'transition') return []
  const guards = transitionBetween(facts.phase, step.to)!.guards
  return blockersOf(handoverFirst ? guards.filter((guard) => guard !== handoverApplied) : guards, facts)
}

function blockersOfBack(step: BackStep, facts: Facts): readonly Blocker[] {
  // Where nothing comes before nothing stands in the way either; after the drop there would be something.
  if (step.kind === 'none') return blockersOf([notDropped], facts)
  if (step.kind === 'backfill') return blockersOf([...syncHolds, ...filling(facts)], facts)
  if (step.kind === 'verify') return blockersOf(syncHolds, facts)
  const to = step.kind === 'unretire' ? 'new-only' : step.to
  return blockersOf(transitionBetween(facts.phase, to)!.guards, facts)
}

function safetyBlocker(reason: string): Blocker {
  return { guard: 'the step is due', kind: 'safety', reason }
}
