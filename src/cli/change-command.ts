import type { ArgsDef } from 'citty'
import type { Target } from '../advance/target.ts'
import { changeNamed, openProject, targetOf, withControl } from '../config/project.ts'
import { changeArg, requiredChangeArg } from './args.ts'
import { type CommandContext, type CommandDefinition, command } from './command.ts'
import type { ExitCode } from './exit-code.ts'

export interface ChangeCommandContext<Args extends ArgsDef> extends CommandContext<Args> {
  readonly target: Target
  /** Of the configuration: shown beside the change. */
  readonly environment: string | undefined
}

/** A command about one change, in a database whose control tables are in place. */
export function changeCommand<const Args extends ArgsDef>(
  definition: Omit<CommandDefinition<Args>, 'run'> & {
    readonly run: (context: ChangeCommandContext<typeof changeArg & Args>) => Promise<ExitCode>
    /** Where another argument follows it, the change cannot be left out. */
    readonly isChangeRequired?: true
  },
) {
  return command<typeof changeArg & Args>({
    ...definition,
    args: { ...(definition.isChangeRequired ? requiredChangeArg : changeArg), ...definition.args },
    async run(context) {
      const args = context.args as { readonly config?: string; readonly change?: string }
      const project = await openProject(args)
      return withControl(project, (session) => {
        const target = targetOf(project, session, changeNamed(project, args.change), context.signal)
        return definition.run({ ...context, target, environment: project.config.environment })
      })
    },
  })
}
