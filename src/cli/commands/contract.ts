import { describeNext } from '../../advance/describe.ts'
import { drainBriefly } from '../../advance/drain.ts'
import { type NextPlan, planNext } from '../../advance/plan.ts'
import { standingBlockers } from '../../advance/refuse.ts'
import { takeNext } from '../../advance/take-next.ts'
import type { Target } from '../../advance/target.ts'
import { person } from '../../control/history.ts'
import { failure } from '../../errors/index.ts'
import { isBefore } from '../../phase/phase.ts'
import { destinations } from '../../phase/transitions.ts'
import { type StepOptions, stepArgs, stepOptions } from '../args.ts'
import { changeCommand } from '../change-command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { confirm } from '../prompt.ts'
import { planJson, showBlockers, showPlan } from '../show-plan.ts'
import { showTaken } from '../show-taken.ts'

export default changeCommand({
  name: 'contract',
  description: 'Give up the old side: refuse it, retire it and, after the soak, drop it',
  args: stepArgs,
  async run({ args, output, target, environment }) {
    const options = stepOptions(args)
    const plan = await planNext(target)
    refuseBeforeNewOnly(plan)
    showPlan(plan, environment, output)
    if (!belongsToContract(plan)) return finish(plan, output, isOldGivenUp(plan))
    if (options.dryRun) return finish(plan, output, plan.blockers.length === 0)
    if (!(await isConfirmed(options, target, output))) return finish(plan, output, false)
    const last = await takeSteps(target, plan, options, output)
    if (last !== plan) showRest(last, output)
    return finish(last, output, isOldGivenUp(last))
  },
})

/** The steps that this command takes, in one go: one decision stands behind all of them. */
function belongsToContract({ step }: NextPlan): boolean {
  return ['arm', 'retire', 'drop'].includes(step.kind) || (step.kind === 'transition' && step.to === 'contracted')
}

/** Nothing is left but to wait for the end of the soak. What comes before the contract (a verification, say) is left to `next`. */
function isOldGivenUp({ step }: NextPlan): boolean {
  return step.kind === 'soak' || step.kind === 'done'
}

function refuseBeforeNewOnly({ facts }: NextPlan): void {
  if (!isBefore(facts.phase, 'new-only')) return
  throw failure('EC_PHASE_ORDER', {
    id: facts.changeId,
    from: facts.phase,
    to: 'contracted',
    possible: destinations(facts.phase),
  })
}

async function isConfirmed({ yes }: StepOptions, { signal }: Target, output: Output): Promise<boolean> {
  if (yes) return true
  if (output.interactive) return confirm('Give up the old side?', signal)
  output.line('This is a decision (retire): repeat with --yes to take it.')
  return false
}

async function takeSteps(target: Target, first: NextPlan, { force }: StepOptions, output: Output): Promise<NextPlan> {
  let plan = await drainBriefly(target, first, planNext, force)
  while (belongsToContract(plan) && standingBlockers(plan.blockers, force).length === 0) {
    const does = describeNext(plan.step, plan.facts)
    showTaken(await takeNext(target, plan, { force, confirmedBy: person() }), does, output)
    plan = await drainBriefly(target, await planNext(target), planNext, force)
  }
  return plan
}

function showRest(plan: NextPlan, output: Output): void {
  if (belongsToContract(plan)) showBlockers(plan.blockers, output)
  else output.line(`${output.style('bold', 'Next:')} ${describeNext(plan.step, plan.facts)}.`)
}

function finish(plan: NextPlan, output: Output, isDone: boolean): ExitCode {
  output.result(planJson(plan))
  return isDone ? exitCode.ok : exitCode.actionNeeded
}
