import type { BackfillResult } from '../backfill/index.ts'
import { failure } from '../errors/index.ts'
import { drainBriefly } from './drain.ts'
import { planFill } from './plan.ts'
import { type FillOptions, fill } from './prove.ts'
import { refuseIfBlocked } from './refuse.ts'
import type { Target } from './target.ts'

/**
 * Fills a side although it may not be the next step. It waits for what every fill waits for.
 *
 * @throws ExpandContractError EC_CHANGE_UNRECORDED, EC_GUARD_REFUSED, and what `runBackfill` throws
 */
export async function takeFill(target: Target, options: FillOptions): Promise<BackfillResult> {
  const decided = await planFill(target)
  if (decided.row === undefined) throw failure('EC_CHANGE_UNRECORDED', { id: target.change.id })
  const { facts, blockers } = await drainBriefly(target, decided, planFill, undefined)
  refuseIfBlocked(facts, 'backfill', blockers, undefined)
  return fill(target, facts.phase, options)
}
