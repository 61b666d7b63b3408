import { describeBack, whatBackLoses } from '../../advance/describe.ts'
import { planBack, planNext } from '../../advance/plan.ts'
import { takeBack } from '../../advance/take-back.ts'
import { changeNamed, openProject, targetOf, withControl } from '../../config/project.ts'
import { command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { confirm } from '../prompt.ts'
import { planJson, showBlockers, showPlan } from '../show-plan.ts'

export default command({
  name: 'back',
  description: 'Undo the last step of a change',
  args: {
    change: {
      type: 'positional',
      required: false,
      description: 'Id of the change; may be left out when there is one',
      valueHint: 'change',
    },
    yes: { type: 'boolean', alias: 'y', description: 'Do not ask' },
    'dry-run': { type: 'boolean', description: 'Show what would be undone, and undo nothing' },
    force: {
      type: 'string',
      description: 'Override courtesy guards; the reason is kept in the history',
      valueHint: 'reason',
    },
  },
  async run({ args, output, signal }) {
    const project = await openProject(args)
    return withControl(project, async (session) => {
      const target = targetOf(project, session, changeNamed(project, args.change), signal)
      const plan = await planBack(target)
      const does = describeBack(plan.step, plan.facts)
      const loses = whatBackLoses(plan.step, plan.facts)
      output.line(`${output.style('bold', 'Back:')} ${does}.`)
      if (loses !== undefined) output.line(output.style('yellow', loses))
      if (plan.step.kind !== 'none') showBlockers(plan.blockers, output)
      const nothingDone = { change: target.change.id, back: { ...plan.step, does, loses: loses ?? null } }
      const isBlocked = plan.blockers.length > 0 && args.force === undefined
      if (isBlocked || args['dry-run']) {
        output.result({ ...nothingDone, blockedBy: plan.blockers })
        return isBlocked ? exitCode.actionNeeded : exitCode.ok
      }
      if (!args.yes && !(output.interactive && (await confirm('Go back?', signal)))) {
        if (!output.interactive) output.line('Repeat with --yes to do it.')
        output.result({ ...nothingDone, blockedBy: [] })
        return exitCode.actionNeeded
      }
      await takeBack(target, plan, { force: args.force })
      const now = await planNext(target)
      showPlan(now, project.config.environment, output)
      output.result(planJson(now))
      return exitCode.ok
    })
  },
})
