import { styleText } from 'node:util'
import type { ArgsDef, CommandDef } from 'citty'
import { commands } from './commands/index.ts'
import { wrapped } from './layout.ts'

/** What every command says of itself (`command.ts`). */
interface Meta {
  readonly name: string
  readonly description: string
  readonly hidden: boolean
}

/** Help for the command that the arguments name, or for all: those of every day, with `--all` also the others. */
export async function helpFor(args: readonly string[]): Promise<string> {
  const name = args.find((argument) => !argument.startsWith('-'))
  if (name !== undefined && Object.hasOwn(commands, name)) return helpOf(await resolved(name))
  return overview(await listed(), args.includes('--all'))
}

function overview(all: readonly Meta[], withHidden: boolean): string {
  return [
    'Change a live PostgreSQL schema from Drizzle, with no downtime and no lost write.',
    '',
    `${bold('Usage:')} expand-contract <command> [change] [options]`,
    '',
    table(
      all
        .filter(({ hidden }) => withHidden || !hidden)
        .map(({ name, description }) => ({ term: name, meaning: description })),
    ),
    '',
    'A rename: declare it beside the schema, then generate, migrate, next.',
    `expand-contract <command> --help tells the options${withHidden ? '.' : '; --help --all lists the other commands.'}`,
  ].join('\n')
}

function helpOf({ meta, args }: CommandDef<ArgsDef>): string {
  const { name, description } = meta as Meta
  const entries = Object.entries(args as ArgsDef)
  const positionals = entries.filter(([, { type }]) => type === 'positional')
  const usage = positionals.map(([argument, { required }]) => (required ? `<${argument}>` : `[${argument}]`))
  return [
    `${description}.`,
    '',
    `${bold('Usage:')} ${['expand-contract', name, ...usage, '[options]'].join(' ')}`,
    '',
    table(
      entries.map(([argument, definition]) => ({
        term: definition.type === 'positional' ? `  ${argument}` : optionTerm(argument, definition),
        meaning: definition.description ?? '',
      })),
    ),
  ].join('\n')
}

/** `-y, --yes`, `--force <reason>`; without a short form it is indented, so that the long ones stand in one column. */
function optionTerm(name: string, { alias, valueHint }: ArgsDef[string] & { alias?: string | string[] }): string {
  const short = [alias ?? []].flat().map((letter) => `-${letter}, `)
  return `${short.join('') || '    '}--${name}${valueHint === undefined ? '' : ` <${valueHint}>`}`
}

function table(rows: readonly { readonly term: string; readonly meaning: string }[]): string {
  const width = Math.max(...rows.map(({ term }) => term.length))
  const columns = process.stdout.columns ?? Number.POSITIVE_INFINITY
  return rows.map(({ term, meaning }) => `  ${term.padEnd(width)}  ${wrapped(meaning, columns, width + 4)}`).join('\n')
}

function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout })
}

async function listed(): Promise<readonly Meta[]> {
  return Promise.all(Object.keys(commands).map(async (name) => (await resolved(name)).meta as Meta))
}

async function resolved(name: string): Promise<CommandDef<ArgsDef>> {
  const command = commands[name] as () => Promise<CommandDef<ArgsDef>>
  return command()
}
