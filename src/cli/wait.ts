import { setTimeout as sleep } from 'node:timers/promises'
import { type NextPlan, planNext } from '../advance/plan.ts'
import { standingBlockers } from '../advance/refuse.ts'
import type { Target } from '../advance/target.ts'
import { failure } from '../errors/index.ts'
import type { Output } from './output.ts'

const everyMs = 1_000

/** Asks the guards again and again until nothing blocks the step; tells each time that what blocks it changes. */
export async function waitUntilFree(
  target: Target,
  first: NextPlan,
  force: string | undefined,
  output: Output,
): Promise<NextPlan> {
  let plan = first
  let told = ''
  while (standingBlockers(plan.blockers, force).length > 0) {
    const blockers = plan.blockers.map(({ reason }) => reason).join('; ')
    if (output.interactive) output.status(`waiting: ${blockers}`.slice(0, output.columns - 1))
    else if (withoutNumbers(blockers) !== told) output.line(`waiting: ${blockers}`)
    told = withoutNumbers(blockers)
    await sleep(everyMs, undefined, { signal: target.signal })
    plan = await planNext(target)
    if (!isSameStep(first, plan)) throw failure('EC_EPOCH_CONFLICT', { id: target.change.id })
  }
  output.status('')
  return plan
}

/** Whoever waits has decided on one step; another one, that somebody else's step has led to, is not his. */
function isSameStep(first: NextPlan, now: NextPlan): boolean {
  const isDueDrop = first.step.kind === 'soak' && now.step.kind === 'drop'
  return first.facts.epoch === now.facts.epoch && (isDueDrop || JSON.stringify(first.step) === JSON.stringify(now.step))
}

/** What only counts the seconds is no news. */
function withoutNumbers(text: string): string {
  return text.replace(/\d+/g, '')
}
