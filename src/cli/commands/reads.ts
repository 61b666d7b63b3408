import { planNext } from '../../advance/plan.ts'
import { setReads } from '../../advance/set-reads.ts'
import { changeNamed, openProject, targetOf, withControl } from '../../config/project.ts'
import { requireChangeRow } from '../../control/change-row.ts'
import { failure } from '../../errors/index.ts'
import { phases } from '../../phase/phase.ts'
import { command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { planJson } from '../show-plan.ts'

export default command({
  name: 'reads',
  description: 'Set how many of a hundred keys read new, for databaseFlags()',
  hidden: true,
  args: {
    change: { type: 'positional', required: true, description: 'Id of the change', valueHint: 'change' },
    percent: { type: 'positional', required: true, description: '0 to 100', valueHint: 'percent' },
  },
  async run({ args, output, signal }) {
    const percent = Number(args.percent)
    if (!Number.isInteger(percent) || args.percent.trim() === '') {
      throw failure('EC_OPTION_INVALID', {
        option: '<percent>',
        problem: `${JSON.stringify(args.percent)} is not a whole number from 0 to 100.`,
      })
    }
    const project = await openProject(args)
    return withControl(project, async (session) => {
      const target = targetOf(project, session, changeNamed(project, args.change), signal)
      const row = await requireChangeRow(session.db, target.change.id)
      await setReads(target, row, percent)
      const isObeyed = phases[row.phase].read === 'flag'
      output.line(
        isObeyed
          ? `${percent} % of keys read new, as soon as processes look again (a second or two).`
          : `Kept, and obeyed by nobody: in "${row.phase}" all reads are ${phases[row.phase].read}. Reads start from 0 % when the change enters read-switch.`,
      )
      output.result({ ...planJson(await planNext(target)), obeyed: isObeyed })
      return exitCode.ok
    })
  },
})
