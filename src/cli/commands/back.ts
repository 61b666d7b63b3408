import { readCostsOfBack } from '../../advance/back-costs.ts'
import { describeBack } from '../../advance/describe.ts'
import { onlyDrainBlocks } from '../../advance/drain.ts'
import { type BackPlan, planBack, planNext } from '../../advance/plan.ts'
import { takeBack } from '../../advance/take-back.ts'
import type { Target } from '../../advance/target.ts'
import type { BackStep } from '../../phase/back-step.ts'
import { type StepOptions, stepArgs, stepOptions } from '../args.ts'
import { attestArg, attestOption, keepStatement } from '../attest.ts'
import { changeCommand } from '../change-command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { confirm } from '../prompt.ts'
import { planJson, showBlockers, showPlan } from '../show-plan.ts'
import { exitCodeOf, showTaken, stepProgress } from '../show-taken.ts'
import { exitCodeOfWait, untilFree, type WaitOptions, waitArgs, waitOptions } from '../wait.ts'

export default changeCommand({
  name: 'back',
  description: 'Undo the last step of a change',
  args: { ...stepArgs, ...waitArgs, ...attestArg },
  async run({ args, output, target, environment }) {
    const options = waitOptions(args, stepOptions(args), output)
    const how = attestOption(args)
    if (!options.dryRun) await keepStatement(target, how, output)
    const asked = await planBack(target)
    const costs = await readCostsOfBack(target, asked)
    showWay(asked, costs, output)
    const { plan, refusal } = await readyPlan(target, asked, options, output)
    if (plan.step.kind === 'none' || options.dryRun || refusal !== undefined) {
      output.result({ change: target.change.id, back: backJson(plan, costs), blockedBy: plan.blockers })
      return refusal ?? exitCode.ok
    }
    const code = await takeWay(target, plan, options, output)
    const [now, further] = [await planNext(target), await planBack(target)]
    showPlan(now, environment, output)
    const rest = hasArrived(plan, further) ? [] : further.way
    if (rest.length > 0) output.line(`${output.style('bold', 'Back again:')} ${describeBack(rest[0]!, further.facts)}.`)
    output.result({ ...planJson(now), remaining: rest })
    return code
  },
})

/** The way back once it may be gone and is agreed to; where it is not, with what the command ends with. */
async function readyPlan(
  target: Target,
  asked: BackPlan,
  options: WaitOptions,
  output: Output,
): Promise<{ readonly plan: BackPlan; readonly refusal?: ExitCode }> {
  // No wait brings a dropped column back.
  const mayWait = !options.dryRun && asked.step.kind !== 'none'
  const { plan, outcome } = await untilFree(
    target,
    asked,
    planBack,
    { ...options, wait: options.wait && mayWait },
    output,
  )
  // A drain that is all that is in the way is begun with the step.
  if (outcome === 'interrupted' || (outcome === 'blocked' && !onlyDrainBlocks(plan, options.force))) {
    return { plan, refusal: exitCodeOfWait[outcome] }
  }
  return !mayWait || (await isDecided(options, target, output)) ? { plan } : { plan, refusal: exitCode.actionNeeded }
}

/** What is about to be done, what it costs and what stands in the way. */
function showWay(plan: BackPlan, costs: readonly string[], output: Output): void {
  const { way, facts } = plan
  output.line(`${output.style('bold', 'Back:')} ${way.map((step) => describeBack(step, facts)).join('; then ')}.`)
  for (const cost of costs) output.line(output.style('yellow', cost))
  if (plan.step.kind !== 'none') showBlockers(plan.blockers, output)
}

async function isDecided({ yes }: StepOptions, { signal }: Target, output: Output): Promise<boolean> {
  if (yes) return true
  if (output.interactive) return confirm('Go back?', signal)
  output.line('Repeat with --yes to do it.')
  return false
}

/** On a terminal the whole way, as it was agreed to; elsewhere one step. */
async function takeWay(target: Target, first: BackPlan, options: WaitOptions, output: Output): Promise<ExitCode> {
  const { yes, force, wait } = options
  let plan = first
  for (let rest = first.way; ; plan = await planBack(target)) {
    // Another step than the one agreed to: somebody else has moved the change, or a verification has found something.
    if (!isSame(plan.step, rest[0]!)) return exitCode.actionNeeded
    if (wait && plan !== first) showBlockers(plan.blockers, output)
    const { plan: free, outcome } = await untilFree(target, plan, planBack, options, output)
    if (outcome === 'interrupted') return exitCode.interrupted
    const taken = await takeBack(target, free, { force, onProgress: stepProgress(output) })
    output.status('')
    showTaken(taken, describeBack(plan.step, plan.facts), output)
    rest = rest.slice(1)
    if (exitCodeOf(taken) !== exitCode.ok || rest.length === 0 || !output.interactive || yes) return exitCodeOf(taken)
  }
}

function isSame(step: BackStep, agreed: BackStep): boolean {
  return JSON.stringify(step) === JSON.stringify(agreed)
}

/** In the phase that was asked for; what `back` would do from there is another decision. */
function hasArrived(asked: BackPlan, now: BackPlan): boolean {
  return asked.facts.phase !== now.facts.phase
}

function backJson({ step, way, facts }: BackPlan, loses: readonly string[]): Record<string, unknown> {
  return { ...step, does: describeBack(step, facts), loses, remaining: way }
}
