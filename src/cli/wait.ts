import { setTimeout as sleep } from 'node:timers/promises'
import { type NextPlan, planNext } from '../advance/plan.ts'
import type { Target } from '../advance/target.ts'
import type { Output } from './output.ts'

const everyMs = 1_000

/** Asks the guards again and again until nothing blocks the step; tells each time that what blocks it changes. */
export async function waitUntilFree(target: Target, first: NextPlan, output: Output): Promise<NextPlan> {
  let plan = first
  let told = ''
  while (plan.blockers.length > 0) {
    const blockers = plan.blockers.map(({ reason }) => reason).join('; ')
    if (output.interactive) output.status(`waiting: ${blockers}`.slice(0, output.columns - 1))
    else if (withoutNumbers(blockers) !== told) output.line(`waiting: ${blockers}`)
    told = withoutNumbers(blockers)
    await sleep(everyMs, undefined, { signal: target.signal })
    plan = await planNext(target)
  }
  output.status('')
  return plan
}

/** What only counts the seconds is no news. */
function withoutNumbers(text: string): string {
  return text.replace(/\d+/g, '')
}
