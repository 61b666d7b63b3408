import { setTimeout as sleep } from 'node:timers/promises'
import { drainOnce, isOfDrain, onlyDrainBlocks } from '../advance/drain.ts'
import { isSameStep, type NextPlan, planNext } from '../advance/plan.ts'
import { standingBlockers } from '../advance/refuse.ts'
import type { Target } from '../advance/target.ts'
import { failure } from '../errors/index.ts'
import type { Output } from './output.ts'
import { SessionsToEnd } from './sessions-to-end.ts'
import { WaitProgress } from './wait-progress.ts'

const everyMs = 1_000

export interface WaitOptions {
  readonly force: string | undefined
  /** End the sessions that a drain waits for, instead of waiting until they end by themselves. */
  readonly terminate: boolean
  /** Do not ask before that. */
  readonly yes: boolean
}

/**
 * Asks the guards again and again until nothing blocks the step, and tells who has come and gone meanwhile; what blocks it
 * at first has been shown. A drain begins as soon as nothing else is in the way.
 */
export async function waitUntilFree(
  target: Target,
  first: NextPlan,
  options: WaitOptions,
  output: Output,
): Promise<NextPlan> {
  const { force } = options
  const reasonsOf = ({ blockers, facts }: NextPlan) =>
    standingBlockers(blockers, force)
      // A drain that has not begun waits for nobody yet.
      .filter((blocker) => facts.drain !== undefined || !isOfDrain(blocker))
      .map(({ reason }) => reason)
  const progress = new WaitProgress(output, reasonsOf(first))
  const sessions = options.terminate ? new SessionsToEnd(target, options, output) : undefined
  let plan = first
  for (;;) {
    if (onlyDrainBlocks(plan, force)) plan = await drainOnce(target, plan, planNext, force)
    progress.tell(reasonsOf(plan))
    if (standingBlockers(plan.blockers, force).length === 0) return plan
    if (onlyDrainBlocks(plan, force)) await sessions?.endThoseOf(plan)
    await sleep(everyMs, undefined, { signal: target.signal })
    plan = await planNext(target)
    if (!isSameStep(first, plan)) throw failure('EC_EPOCH_CONFLICT', { id: target.change.id })
  }
}
