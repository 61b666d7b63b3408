import { type ArgsDef, type CommandDef, renderUsage } from 'citty'
import { commands } from './commands/index.ts'

interface Listed {
  readonly name: string
  readonly description: string
  readonly hidden: boolean
}

/** Help for the command that the arguments name, or for all: those of every day, with `--all` also the others. */
export async function helpFor(root: CommandDef, args: readonly string[]): Promise<string> {
  const name = args.find((argument) => !argument.startsWith('-'))
  if (name !== undefined && Object.hasOwn(commands, name)) return renderUsage(await resolved(name), root)
  return overview(await listed(), args.includes('--all'))
}

function overview(all: readonly Listed[], withHidden: boolean): string {
  const shown = all.filter(({ hidden }) => withHidden || !hidden)
  const width = Math.max(...shown.map(({ name }) => name.length))
  return [
    'Change a live PostgreSQL schema from Drizzle, with no downtime and no lost write.',
    '',
    'Usage: expand-contract <command> [change] [options]',
    '',
    ...shown.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`),
    '',
    'A rename: declare it beside the schema, then generate, migrate, next.',
    `expand-contract <command> --help tells the options${withHidden ? '.' : '; --help --all lists the other commands.'}`,
  ].join('\n')
}

async function listed(): Promise<readonly Listed[]> {
  return Promise.all(
    Object.keys(commands).map(async (name) => {
      const meta = (await resolved(name)).meta as { description: string; hidden: boolean }
      return { name, description: meta.description, hidden: meta.hidden }
    }),
  )
}

async function resolved(name: string): Promise<CommandDef<ArgsDef>> {
  const command = commands[name] as () => Promise<CommandDef<ArgsDef>>
  return command()
}
