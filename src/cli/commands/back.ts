import { describeBack, whatBackLoses } from '../../advance/describe.ts'
import { planBack, planNext } from '../../advance/plan.ts'
import { standingBlockers } from '../../advance/refuse.ts'
import { takeBack } from '../../advance/take-back.ts'
import { stepArgs, stepOptions } from '../args.ts'
import { changeCommand } from '../change-command.ts'
import { exitCode } from '../exit-code.ts'
import { confirm } from '../prompt.ts'
import { planJson, showBlockers, showPlan } from '../show-plan.ts'

export default changeCommand({
  name: 'back',
  description: 'Undo the last step of a change',
  args: stepArgs,
  async run({ args, output, target, environment, signal }) {
    const { yes, dryRun, force } = stepOptions(args)
    const plan = await planBack(target)
    const does = describeBack(plan.step, plan.facts)
    const loses = whatBackLoses(plan.step, plan.facts)
    output.line(`${output.style('bold', 'Back:')} ${does}.`)
    if (loses !== undefined) output.line(output.style('yellow', loses))
    if (plan.step.kind !== 'none') showBlockers(plan.blockers, output)

    const isBlocked = standingBlockers(plan.blockers, force).length > 0
    const isDecided = !isBlocked && !dryRun && (yes || (output.interactive && (await confirm('Go back?', signal))))
    if (!isDecided) {
      if (!isBlocked && !dryRun && !output.interactive) output.line('Repeat with --yes to do it.')
      output.result({
        change: target.change.id,
        back: { ...plan.step, does, loses: loses ?? null },
        blockedBy: plan.blockers,
      })
      return dryRun && !isBlocked ? exitCode.ok : exitCode.actionNeeded
    }
    await takeBack(target, plan, { force })
    const now = await planNext(target)
    showPlan(now, environment, output)
    output.result(planJson(now))
    return exitCode.ok
  },
})
