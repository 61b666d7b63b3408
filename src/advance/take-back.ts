import { failure } from '../errors/index.ts'
import { transitionBetween } from '../phase/transitions.ts'
import { unretireStatements } from '../sync/index.ts'
import { applyTransition, applyUnretire } from './apply-transition.ts'
import { drainBriefly } from './drain.ts'
import { type BackPlan, planBack } from './plan.ts'
import { compareSides, fillSide, type Observing, type Taken } from './prove.ts'
import { refuseIfBlocked } from './refuse.ts'
import type { Target } from './target.ts'

/**
 * Takes one step back: the one that the plan names. Where nothing but a drain stands in its way, that is begun.
 *
 * @throws ExpandContractError EC_GUARD_REFUSED, EC_EPOCH_CONFLICT, EC_LOCK_TIMEOUT, EC_CHANGE_UNRECORDED
 */
export async function takeBack(
  target: Target,
  decided: BackPlan,
  options: Observing & { readonly force?: string | undefined } = {},
): Promise<Taken> {
  const plan = await drainBriefly(target, decided, planBack, options.force)
  const { step, row, facts } = plan
  if (row === undefined) throw failure('EC_CHANGE_UNRECORDED', { id: target.change.id })
  refuseIfBlocked(facts, step.kind === 'transition' ? step.to : 'the phase before', plan.blockers, options.force)
  if (step.kind === 'backfill') return fillSide(target, row.phase, options)
  if (step.kind === 'verify') return compareSides(target, options)
  const decidedOn = { row, facts }
  if (step.kind === 'unretire') {
    const statements = unretireStatements(target.change, target.sides)
    await applyUnretire(target, decidedOn, transitionBetween('contracted', 'new-only')!, statements, options)
  } else if (step.kind === 'transition') {
    await applyTransition(target, decidedOn, transitionBetween(row.phase, step.to)!, options)
  }
  return { kind: 'moved' }
}
