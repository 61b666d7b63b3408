import { takeFill } from '../../advance/take-fill.ts'
import { countOption } from '../args.ts'
import { changeCommand } from '../change-command.ts'
import { exitCode } from '../exit-code.ts'
import { showBackfilled, stepProgress } from '../show-taken.ts'

export default changeCommand({
  name: 'backfill',
  description: 'Fill the side that does not hold the truth, or go on where an earlier run stopped',
  hidden: true,
  args: { 'page-rows': { type: 'string', description: 'Rows that one page copies (default 5000)', valueHint: 'rows' } },
  async run({ args, output, target }) {
    const pageRows = countOption('--page-rows', args['page-rows'])
    const result = await takeFill(target, {
      onProgress: stepProgress(output),
      ...(pageRows === undefined ? {} : { pageRows }),
    })
    output.status('')
    showBackfilled(result, output)
    output.result({ change: target.change.id, ...result })
    return result.outcome === 'interrupted' ? exitCode.interrupted : exitCode.ok
  },
})
