import { changeNamed, openProject, targetOf, withControl } from '../../config/project.ts'
import { verifyChange } from '../../verify/index.ts'
import { command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { showVerified, stepProgress } from '../show-taken.ts'

export default command({
  name: 'verify',
  description: 'Compare both sides of every row',
  hidden: true,
  args: {
    change: {
      type: 'positional',
      required: false,
      description: 'Id of the change; may be left out when there is one',
      valueHint: 'change',
    },
    repair: {
      type: 'boolean',
      description: 'Copy rows that differ from the side that holds the truth, then compare again',
    },
  },
  async run({ args, output, signal }) {
    const project = await openProject(args)
    return withControl(project, async (session) => {
      const { change, sides } = targetOf(project, session, changeNamed(project, args.change), signal)
      const result = await verifyChange(session, change, sides, {
        signal,
        repair: Boolean(args.repair),
        onProgress: stepProgress(output),
      })
      output.status('')
      showVerified(result, output)
      output.result({ change: change.id, ...result })
      return { verified: exitCode.ok, mismatches: exitCode.actionNeeded, interrupted: exitCode.interrupted }[
        result.outcome
      ]
    })
  },
})
