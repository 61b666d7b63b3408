import { runBackfill } from '../../backfill/index.ts'
import { changeNamed, openProject, targetOf, withControl } from '../../config/project.ts'
import { failure } from '../../errors/index.ts'
import { command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { showTaken, stepProgress } from '../show-taken.ts'

export default command({
  name: 'backfill',
  description: 'Fill the new side from the old one, or go on where an earlier run stopped',
  hidden: true,
  args: {
    change: {
      type: 'positional',
      required: false,
      description: 'Id of the change; may be left out when there is one',
      valueHint: 'change',
    },
    'page-rows': { type: 'string', description: 'Rows of one page (default 5000)', valueHint: 'rows' },
  },
  async run({ args, output, signal }) {
    const pageRows = args['page-rows'] === undefined ? undefined : Number(args['page-rows'])
    if (pageRows !== undefined && !(Number.isInteger(pageRows) && pageRows > 0)) {
      throw failure('EC_OPTION_INVALID', {
        option: '--page-rows',
        problem: `${JSON.stringify(args['page-rows'])} is not a whole number above 0.`,
      })
    }
    const project = await openProject(args)
    return withControl(project, async (session) => {
      const { change, sides } = targetOf(project, session, changeNamed(project, args.change), signal)
      const result = await runBackfill(session, change, sides, {
        signal,
        onProgress: stepProgress(output),
        ...(pageRows === undefined ? {} : { pageRows }),
      })
      output.status('')
      showTaken({ kind: 'backfilled', result }, '', output)
      output.result({ change: change.id, ...result })
      return result.outcome === 'interrupted' ? exitCode.interrupted : exitCode.ok
    })
  },
})
