import { type ArgsDef, type CommandDef, defineCommand, type ParsedArgs } from 'citty'
import { failure } from '../errors/index.ts'
import { type ExitCode, exitCode } from './exit-code.ts'
import { interruptSignal } from './interrupt.ts'
import { type Output, processOutput } from './output.ts'
import { reportError } from './report-error.ts'

/** Options of every command. */
export const commonArgs = {
  config: { type: 'string', description: 'The configuration file', valueHint: 'file' },
  json: { type: 'boolean', description: 'Print one JSON document instead of text' },
} as const satisfies ArgsDef

export interface CommandContext<Args extends ArgsDef> {
  readonly args: ParsedArgs<Args & typeof commonArgs>
  readonly output: Output
  /** Aborted by the first Ctrl-C; the command then ends what it does in a clean state. */
  readonly signal: AbortSignal
}

export interface CommandDefinition<Args extends ArgsDef> {
  readonly name: string
  readonly description: string
  /** Shown under `--help --all` only. */
  readonly hidden?: boolean
  readonly args: Args
  readonly run: (context: CommandContext<Args>) => Promise<ExitCode>
}

/** A command whose errors become text (or JSON) and an exit code, and whose unknown options are refused. */
export function command<const Args extends ArgsDef>(
  definition: CommandDefinition<Args>,
): CommandDef<Args & typeof commonArgs> {
  const args = { ...definition.args, ...commonArgs } as Args & typeof commonArgs
  return defineCommand({
    meta: { name: definition.name, description: definition.description, hidden: definition.hidden ?? false },
    args,
    async run({ args: parsed }) {
      const output = processOutput(definition.name, Boolean(parsed.json))
      const interrupt = interruptSignal()
      try {
        refuseUnknownOptions(parsed, args)
        process.exitCode = await definition.run({
          args: parsed as ParsedArgs<Args & typeof commonArgs>,
          output,
          signal: interrupt.signal,
        })
      } catch (error) {
        output.status('')
        process.exitCode = interrupt.signal.aborted ? reportInterruption(output) : reportError(error, output)
      } finally {
        interrupt.dispose()
      }
    },
  }) as CommandDef<Args & typeof commonArgs>
}

/** Of a command that was ended before it had anything to tell. */
function reportInterruption(output: Output): ExitCode {
  output.result({ interrupted: true })
  return exitCode.interrupted
}

/** citty passes over what it does not know; a mistyped `--dry-rum` must not run for real. */
function refuseUnknownOptions(parsed: Record<string, unknown>, args: ArgsDef): void {
  const positionals = Object.values(args).filter(({ type }) => type === 'positional').length
  const known = new Set(
    Object.keys(args).flatMap((name) => [
      name,
      ...[args[name] as { alias?: string | string[] }].flatMap(({ alias }) => alias ?? []),
    ]),
  )
  const isKnown = (name: string) => known.has(name) || known.has(camelCase(name)) || known.has(kebabCase(name))
  const unknown = Object.keys(parsed).find((name) => name !== '_' && !isKnown(name))
  if (unknown !== undefined)
    throw failure('EC_OPTION_INVALID', { option: `--${unknown}`, problem: 'there is no such option.' })
  const surplus = (parsed._ as readonly string[] | undefined)?.[positionals]
  if (surplus !== undefined)
    throw failure('EC_OPTION_INVALID', { option: `"${surplus}"`, problem: 'one argument too many.' })
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
