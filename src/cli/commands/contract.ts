import { describeNext } from '../../advance/describe.ts'
import { type NextPlan, planNext } from '../../advance/plan.ts'
import { takeNext } from '../../advance/take-next.ts'
import { changeNamed, openProject, targetOf, withControl } from '../../config/project.ts'
import { failure } from '../../errors/index.ts'
import { isBefore } from '../../phase/phase.ts'
import { destinations } from '../../phase/transitions.ts'
import { command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { confirm } from '../prompt.ts'
import { planJson, showBlockers, showPlan } from '../show-plan.ts'
import { showTaken } from '../show-taken.ts'

/** The kinds of steps that the contract takes, once the change is at new-only. */
const belongsToContract = ({ step }: NextPlan) =>
  step.kind === 'arm' ||
  step.kind === 'retire' ||
  step.kind === 'drop' ||
  (step.kind === 'transition' && step.to === 'contracted')

export default command({
  name: 'contract',
  description: 'Give up the old side: refuse it, retire it and, after the soak, drop it',
  args: {
    change: {
      type: 'positional',
      required: false,
      description: 'Id of the change; may be left out when there is one',
      valueHint: 'change',
    },
    yes: { type: 'boolean', alias: 'y', description: 'Do not ask' },
    'dry-run': { type: 'boolean', description: 'Show the evidence and what blocks the contract, and do nothing' },
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
      const begin = await planNext(target)
      let plan = begin
      if (isBefore(plan.facts.phase, 'new-only')) {
        throw failure('EC_PHASE_ORDER', {
          id: target.change.id,
          from: plan.facts.phase,
          to: 'contracted',
          possible: destinations(plan.facts.phase),
        })
      }
      showPlan(plan, project.config.environment, output)
      const confirmed =
        args['dry-run'] ||
        !belongsToContract(plan) ||
        args.yes ||
        (output.interactive && (await confirm('Give up the old side?', signal)))
      if (!confirmed && !output.interactive) output.line('This is a decision (retire): repeat with --yes to take it.')
      while (confirmed && !args['dry-run'] && belongsToContract(plan)) {
        const blocking =
          args.force === undefined ? plan.blockers : plan.blockers.filter(({ kind }) => kind === 'safety')
        if (blocking.length > 0) break
        const does = describeNext(plan.step, plan.facts)
        showTaken(await takeNext(target, plan, { force: args.force, confirmedBy: process.env.USER }), does, output)
        plan = await planNext(target)
      }
      const isOpen = belongsToContract(plan)
      if (isOpen && plan !== begin) showBlockers(plan.blockers, output)
      if (!isOpen && plan !== begin)
        output.line(`${output.style('bold', 'Next:')} ${describeNext(plan.step, plan.facts)}.`)
      output.result(planJson(plan))
      return isOpen && !(args['dry-run'] && plan.blockers.length === 0) ? exitCode.actionNeeded : exitCode.ok
    })
  },
})
