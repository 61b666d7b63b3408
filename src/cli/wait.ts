import { setTimeout as sleep } from 'node:timers/promises'
import type { ArgsDef } from 'citty'
import { drainOnce, isOfDrain, onlyDrainBlocks } from '../advance/drain.ts'
import { isSameStep, type Planned } from '../advance/plan.ts'
import { standingBlockers } from '../advance/refuse.ts'
import type { Target } from '../advance/target.ts'
import { failure } from '../errors/index.ts'
import { isAbort } from '../walk/until-unblocked.ts'
import type { StepOptions } from './args.ts'
import { exitCode } from './exit-code.ts'
import type { Output } from './output.ts'
import { SessionsToEnd } from './sessions-to-end.ts'
import { WaitProgress } from './wait-progress.ts'

/** Options of commands whose step may have to wait. */
export const waitArgs = {
  wait: { type: 'boolean', description: 'Wait until nothing blocks the step' },
  terminate: {
    type: 'boolean',
    description: 'End the sessions whose transactions the step waits for; goes with --wait',
  },
} as const satisfies ArgsDef

export interface WaitOptions extends StepOptions {
  readonly wait: boolean
  /** End the sessions that a drain waits for, instead of waiting until they end by themselves. */
  readonly terminate: boolean
}

/** @throws ExpandContractError EC_OPTION_INVALID for `--terminate` without what it goes with. */
export function waitOptions(
  args: { readonly wait?: boolean | undefined; readonly terminate?: boolean | undefined },
  step: StepOptions,
  { interactive }: Output,
): WaitOptions {
  const options = { ...step, wait: Boolean(args.wait), terminate: Boolean(args.terminate) }
  const refuse = (problem: string) => failure('EC_OPTION_INVALID', { option: '--terminate', problem })
  if (options.terminate && !options.wait) throw refuse('it goes with --wait.')
  if (options.terminate && !step.yes && !interactive) throw refuse('without a terminal to ask on it needs --yes.')
  return options
}

/** A planned step as it is once nobody waits for it any more. */
export interface Awaited<Plan extends Planned> {
  readonly plan: Plan
  /** `blocked`: something stands in its way and nobody wants to wait. `interrupted`: by a signal, during the wait. */
  readonly outcome: 'free' | 'blocked' | 'interrupted'
}

/** How a command ends whose step was not free. */
export const exitCodeOfWait = { blocked: exitCode.actionNeeded, interrupted: exitCode.interrupted } as const

/** The step once nothing blocks it, if that is waited for. What blocks it now has been shown. */
export async function untilFree<Plan extends Planned>(
  target: Target,
  plan: Plan,
  replan: (target: Target) => Promise<Plan>,
  options: WaitOptions,
  output: Output,
): Promise<Awaited<Plan>> {
  if (standingBlockers(plan.blockers, options.force).length === 0) return { plan, outcome: 'free' }
  if (options.wait) return waitUntilFree(target, plan, replan, options, output)
  return { plan, outcome: target.signal?.aborted ? 'interrupted' : 'blocked' }
}

const everyMs = 1_000

/**
 * Asks the guards again and again until nothing blocks the step, and tells who has come and gone meanwhile. A drain begins
 * as soon as nothing else is in the way.
 */
async function waitUntilFree<Plan extends Planned>(
  target: Target,
  first: Plan,
  replan: (target: Target) => Promise<Plan>,
  options: WaitOptions,
  output: Output,
): Promise<Awaited<Plan>> {
  const { force } = options
  const reasonsOf = ({ blockers, facts }: Plan) =>
    standingBlockers(blockers, force)
      // A drain that has not begun waits for nobody yet.
      .filter((blocker) => facts.drain !== undefined || !isOfDrain(blocker))
      .map(({ reason }) => reason)
  const progress = new WaitProgress(output, reasonsOf(first))
  const sessions = options.terminate ? new SessionsToEnd(target, options, output) : undefined
  let plan = first
  try {
    for (;;) {
      if (onlyDrainBlocks(plan, force)) plan = await drainOnce(target, plan, replan, force)
      progress.tell(reasonsOf(plan))
      if (standingBlockers(plan.blockers, force).length === 0) return { plan, outcome: 'free' }
      if (onlyDrainBlocks(plan, force)) await sessions?.endThoseOf(plan)
      await sleep(everyMs, undefined, { signal: target.signal })
      plan = await replan(target)
      if (!isSameStep(first, plan)) throw failure('EC_EPOCH_CONFLICT', { id: target.change.id })
    }
  } catch (error) {
    if (!isAbort(error, target.signal)) throw error
    output.status('')
    output.line('Interrupted; the step was not taken.')
    return { plan, outcome: 'interrupted' }
  }
}
