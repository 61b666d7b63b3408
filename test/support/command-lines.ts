import type { ArgsDef, CommandDef } from 'citty'
import { commands } from '../../src/cli/commands/index.ts'
import type { Block } from './documents.ts'

export interface CommandDefinition {
  readonly args: ArgsDef
}

export async function commandDefinition(name: string): Promise<CommandDefinition> {
  const load = commands[name] as (() => Promise<CommandDef<ArgsDef>>) | undefined
  if (load === undefined) throw new Error(`there is no command ${name}`)
  return { args: (await load()).args as ArgsDef }
}

/** The options among arguments, as help shows them: `-y, --yes`, `--force <reason>`. */
export function optionTerms(args: ArgsDef): readonly string[] {
  return Object.entries(args)
    .filter(([, { type }]) => type !== 'positional')
    .map(([name, definition]) => {
      const { alias } = definition as { alias?: string | string[] }
      const short = [alias ?? []].flat().map((letter) => `-${letter}, `)
      return `${short.join('')}--${name}${definition.valueHint === undefined ? '' : ` <${definition.valueHint}>`}`
    })
}

/** The commands of an `sh` block, one a line, without their comments. */
export function commandLines({ text }: Pick<Block, 'text'>): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '')
}

const ours = 'npx expand-contract '

/** The arguments of a line that calls the command line; undefined for any other. */
export function ownArguments(line: string): readonly string[] | undefined {
  if (!line.startsWith(ours)) return undefined
  return [...line.slice(ours.length).matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word)
}

const everywhere = ['--help', '--all', '--version']

/** What the command line would refuse of these arguments: an unknown command or option, too many or too few arguments. */
export async function complaints(args: readonly string[]): Promise<readonly string[]> {
  const [name = '', ...rest] = args
  if (name.startsWith('-')) return args.filter((option) => !everywhere.includes(option))
  const definition = await commandDefinition(name).catch(() => undefined)
  if (definition === undefined) return [name]
  const options = Object.entries(definition.args).filter(([, { type }]) => type !== 'positional')
  const positionals = Object.values(definition.args).filter(({ type }) => type === 'positional')
  const withValue = options.filter(([, { type }]) => type === 'string').map(([option]) => `--${option}`)
  const given = rest.filter((word, index) => !word.startsWith('-') && !withValue.includes(rest[index - 1] ?? ''))
  const known = [...everywhere, ...options.map(([option]) => `--${option}`), ...options.flatMap(shortOf)]
  return [
    ...rest.filter((word) => word.startsWith('-') && !known.includes(word)),
    ...given.slice(positionals.length),
    ...(given.length < positionals.filter(({ required }) => required).length && !rest.includes('--help')
      ? [`${name} without an argument that it needs`]
      : []),
  ]
}

function shortOf([, definition]: [string, ArgsDef[string]]): readonly string[] {
  return [(definition as { alias?: string | string[] }).alias ?? []].flat().map((letter) => `-${letter}`)
}
