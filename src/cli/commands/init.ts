import { openProject, withSession } from '../../config/project.ts'
import { installControlTables } from '../../control/install.ts'
import { command } from '../command.ts'
import { exitCode } from '../exit-code.ts'

export default command({
  name: 'init',
  description: 'Install or upgrade the control tables (migrate does it, too)',
  args: { 'dry-run': { type: 'boolean', description: 'Show what would be installed, and install nothing' } },
  async run({ args, output }) {
    const project = await openProject(args)
    return withSession(project, async (session) => {
      const dryRun = Boolean(args['dry-run'])
      const applied = await installControlTables(session, { dryRun })
      const verb = dryRun ? 'would be applied' : 'applied'
      output.line(
        applied.length === 0
          ? `The control tables in ${session.address} are current.`
          : `Control tables in ${session.address}: ${applied.join(', ')} ${verb}.`,
      )
      output.result({ database: session.address, applied, dryRun })
      return exitCode.ok
    })
  },
})
