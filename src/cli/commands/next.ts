import { describeNext } from '../../advance/describe.ts'
import { drainBriefly } from '../../advance/drain.ts'
import { type NextPlan, planNext } from '../../advance/plan.ts'
import { takeNext } from '../../advance/take-next.ts'
import type { Target } from '../../advance/target.ts'
import { changeNamed, openProject, type Project, targetOf, withControl } from '../../config/project.ts'
import { person } from '../../control/history.ts'
import { failure } from '../../errors/index.ts'
import { decisionOf, isSafe } from '../../phase/next-step.ts'
import { changeArg, stepArgs, stepOptions } from '../args.ts'
import { attestArg, attestOption, keepStatement } from '../attest.ts'
import { command } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { confirm } from '../prompt.ts'
import { planJson, showBlockers, showPlan } from '../show-plan.ts'
import { exitCodeOf, showTaken, stepProgress } from '../show-taken.ts'
import { exitCodeOfWait, untilFree, type WaitOptions, waitArgs, waitOptions } from '../wait.ts'

interface NextOptions extends WaitOptions {
  /** How somebody knows that nothing but repositories writes the table; undefined where he does not say. */
  readonly attest: string | undefined
}

export default command({
  name: 'next',
  description: 'Show where a change is and take its next step',
  args: {
    ...changeArg,
    ...stepArgs,
    ...waitArgs,
    ...attestArg,
    all: { type: 'boolean', description: 'All changes; goes with --safe' },
    safe: {
      type: 'boolean',
      description: 'Only steps that are guarded, free to undo and decided by nobody; for pipelines',
    },
  },
  async run({ args, output, signal }) {
    const options: NextOptions = { ...waitOptions(args, stepOptions(args), output), attest: attestOption(args) }
    refuseUnlessTogether(args, options)
    const project = await openProject(args)
    return withControl(project, async (session) => {
      const changes = args.all ? project.changes : [changeNamed(project, args.change)]
      const targets = changes.map((change) => targetOf(project, session, change, signal))
      return args.safe
        ? takeSafeSteps(project, targets, options, output)
        : takeSteps(project, targets[0]!, options, output)
    })
  },
})

/** Options that go with others only. @throws ExpandContractError EC_OPTION_INVALID */
function refuseUnlessTogether(
  { all, safe }: { readonly all?: boolean | undefined; readonly safe?: boolean | undefined },
  { attest: how }: NextOptions,
): void {
  const refuse = (option: string, problem: string) => failure('EC_OPTION_INVALID', { option, problem })
  if (all && !safe) throw refuse('--all', 'it goes with --safe: decisions are taken one change at a time.')
  if (all && how !== undefined) throw refuse('--attest', 'it is said of one change: name it, and leave out --all.')
}

/** On a terminal: step after step, asking before each decision. Elsewhere: one step. */
async function takeSteps(project: Project, target: Target, options: NextOptions, output: Output): Promise<ExitCode> {
  if (!options.dryRun) await keepStatement(target, options.attest, output)
  for (;;) {
    const plan = await currentPlan(target, options)
    showPlan(plan, project.config.environment, output)
    if (plan.step.kind === 'done') return finish(output, plan, exitCode.ok)
    if (options.dryRun) return finish(output, plan, plan.blockers.length === 0 ? exitCode.ok : exitCode.actionNeeded)
    const { plan: free, outcome } = await untilFree(target, plan, planNext, options, output)
    if (outcome !== 'free') return finish(output, free, exitCodeOfWait[outcome])
    if (!(await isDecided(free, options, target.signal, output))) return finish(output, free, exitCode.actionNeeded)
    const code = await take(target, free, options, output)
    if (code !== exitCode.ok || !output.interactive || options.yes) return finish(output, await planNext(target), code)
    output.line()
  }
}

/** What comes next; a drain that is all that it waits for is begun first, and most have ended by the time it is shown. */
async function currentPlan(target: Target, { dryRun, force }: NextOptions): Promise<NextPlan> {
  const plan = await planNext(target)
  return dryRun ? plan : drainBriefly(target, plan, planNext, force)
}

async function isDecided(
  plan: NextPlan,
  { yes }: NextOptions,
  signal: AbortSignal | undefined,
  output: Output,
): Promise<boolean> {
  const decision = decisionOf(plan.step)
  if (decision === undefined || yes) return true
  if (output.interactive) return confirm('Go on?', signal)
  output.line(`This is a decision (${decision}): repeat with --yes to take it.`)
  return false
}

async function take(target: Target, plan: NextPlan, { force }: NextOptions, output: Output): Promise<ExitCode> {
  const taken = await takeNext(target, plan, { force, confirmedBy: person(), onProgress: stepProgress(output) })
  output.status('')
  showTaken(taken, describeNext(plan.step, plan.facts), output)
  return exitCodeOf(taken)
}

function finish(output: Output, plan: NextPlan, code: ExitCode): ExitCode {
  output.result(planJson(plan))
  return code
}

/** For pipelines: every safe step of every change; a decision ends the walk without being an error. */
async function takeSafeSteps(
  project: Project,
  targets: readonly Target[],
  options: NextOptions,
  output: Output,
): Promise<ExitCode> {
  const plans: NextPlan[] = []
  let code: ExitCode = exitCode.ok
  for (const target of targets) {
    if (!options.dryRun) await keepStatement(target, options.attest, output)
    let plan = await currentPlan(target, options)
    while (!options.dryRun && isSafe(plan.step) && code === exitCode.ok) {
      if (options.wait) showBlockers(plan.blockers, output)
      const awaited = await untilFree(target, plan, planNext, options, output)
      plan = awaited.plan
      if (awaited.outcome === 'interrupted') code = exitCode.interrupted
      if (awaited.outcome !== 'free') break
      code = await take(target, plan, options, output)
      plan = await currentPlan(target, options)
    }
    if (plans.length > 0) output.line()
    showPlan(plan, project.config.environment, output)
    plans.push(plan)
    if (code === exitCode.interrupted) break
  }
  output.result({ changes: plans.map(planJson) })
  const isStuck = ({ step, blockers }: NextPlan) => (isSafe(step) || step.kind === 'migrate') && blockers.length > 0
  return code === exitCode.ok && plans.some(isStuck) ? exitCode.actionNeeded : code
}
