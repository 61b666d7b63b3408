import { recordExpanded } from '../control/record-expanded.ts'
import { failure } from '../errors/index.ts'
import { runDeferredStep } from '../migrate/index.ts'
import { blockersOf, transitionBetween } from '../phase/transitions.ts'
import { triggerState } from '../sync/index.ts'
import { applyArming, applyProvingAnew, applyReads, applyTransition } from './apply-transition.ts'
import { drainBriefly } from './drain.ts'
import { migrationInput } from './migration-input.ts'
import type { DecidedOn, Decision } from './move.ts'
import { type NextPlan, planNext } from './plan.ts'
import { compareSides, fillSide, type Observing, type Taken } from './prove.ts'
import { readSituation } from './read-facts.ts'
import { refuseIfBlocked } from './refuse.ts'
import { reinstallTrigger } from './reinstall-trigger.ts'
import type { Target } from './target.ts'

export interface TakeOptions extends Observing {
  /** Overrides courtesy guards; kept in the history. Safety guards never yield. */
  readonly force?: string | undefined
  readonly confirmedBy?: string | undefined
}

/**
 * Takes one step forward: the one that the plan names, and no other. Where nothing but a drain stands in its way, it
 * begins the drain, or goes on with it, and waits for a moment.
 *
 * @throws ExpandContractError EC_GUARD_REFUSED, EC_EPOCH_CONFLICT, EC_LOCK_TIMEOUT
 */
export async function takeNext(target: Target, decided: NextPlan, options: TakeOptions = {}): Promise<Taken> {
  const plan = await drainBriefly(target, decided, planNext, options.force)
  const { step, facts } = plan
  refuseIfBlocked(facts, step.kind === 'transition' ? step.to : step.kind, plan.blockers, options.force)
  const decision: Decision = { force: options.force, confirmedBy: options.confirmedBy }
  if (step.kind === 'transition' && step.to === 'expanded') return moved(takeUpExpanded(target))
  const decidedOn = requireRecorded(plan)
  switch (step.kind) {
    case 'transition':
      return plan.handoverFirst
        ? takeAfterHandover(target, plan, options)
        : moved(applyTransition(target, decidedOn, transitionBetween(decidedOn.row.phase, step.to)!, decision))
    case 'backfill':
      return fillSide(target, decidedOn.row.phase, options)
    case 'verify':
      return compareSides(target, options)
    case 'reads':
      return moved(applyReads(target, decidedOn, step.percent))
    case 'reinstall':
      return moved(reinstallTrigger(target, decidedOn))
    case 'prove-anew':
      return moved(applyProvingAnew(target, decidedOn, decision))
    case 'arm':
      return moved(applyArming(target, decidedOn, decision))
    case 'retire':
    case 'drop':
      return moved(runStep(target, step.kind))
    default:
      return { kind: 'moved' }
  }
}

/**
 * Records a change whose expand step was applied by other means than our runner. The guards are asked again with the
 * version of the trigger that is recorded: whoever alters it later leaves another one.
 */
async function takeUpExpanded(target: Target): Promise<void> {
  const { session, change, sides } = target
  const isNew = await session.db.transaction(async (tx) => {
    const installed = await triggerState(session.client, change, sides)
    const { facts } = await readSituation(target)
    refuseIfBlocked(facts, 'expanded', blockersOf(transitionBetween('planned', 'expanded')!.guards, facts), undefined)
    const { columns, trigger } = facts
    return recordExpanded(tx, change, sides, installed, { columns, trigger })
  })
  if (!isNew) throw failure('EC_EPOCH_CONFLICT', { id: change.id })
}

/** The handover is DDL of its own; once it is applied the guards are asked again, as its duration may have changed much. */
async function takeAfterHandover(target: Target, plan: NextPlan, options: TakeOptions): Promise<Taken> {
  await runStep(target, 'handover')
  const again = await planNext(target)
  if (again.step.kind !== 'transition' || again.facts.epoch !== plan.facts.epoch)
    throw failure('EC_EPOCH_CONFLICT', { id: target.change.id })
  return takeNext(target, again, options)
}

async function runStep(target: Target, step: 'handover' | 'retire' | 'drop'): Promise<void> {
  const outcome = await runDeferredStep(target.session, migrationInput(target), target.change.id, step)
  if (outcome === 'not-generated') {
    throw failure('EC_STEP_FILE_MISSING', { id: target.change.id, step, folder: target.migrations.folder })
  }
}

function requireRecorded({ row, facts }: NextPlan): DecidedOn {
  if (row === undefined) throw failure('EC_CHANGE_UNRECORDED', { id: facts.changeId })
  return { row, facts }
}

async function moved(work: Promise<unknown>): Promise<Taken> {
  await work
  return { kind: 'moved' }
}
