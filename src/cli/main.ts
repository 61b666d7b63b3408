#!/usr/bin/env node
import { defineCommand, runCommand } from 'citty'
import { failure } from '../errors/index.ts'
import { commands } from './commands/index.ts'
import { helpFor } from './help.ts'
import { processOutput } from './output.ts'
import { reportError } from './report-error.ts'
import { version } from './version.ts'

const root = defineCommand({
  meta: {
    name: 'expand-contract',
    version: version(),
    description: 'Change a live PostgreSQL schema from Drizzle, with no downtime and no lost write.',
  },
  subCommands: commands,
})

async function main(args: readonly string[]): Promise<void> {
  const [name] = args
  if (args.includes('--version') || name === '-v') return console.log(version())
  if (name === undefined || args.includes('--help') || args.includes('-h')) return console.log(await helpFor(args))
  if (!Object.hasOwn(commands, name)) {
    throw failure('EC_OPTION_INVALID', {
      option: `"${name}"`,
      problem: `there is no such command. Commands: ${Object.keys(commands).join(', ')}.`,
    })
  }
  await runCommand(root, { rawArgs: [...args] })
}

/** citty throws where a required argument is missing, before the command runs. */
function inOurWords(error: unknown): unknown {
  const missing = error instanceof Error ? /^Missing required positional argument: (.+)$/.exec(error.message) : null
  if (missing === null) return error
  return failure('EC_OPTION_INVALID', { option: `<${missing[1]!.toLowerCase()}>`, problem: 'the command needs it.' })
}

// Whoever reads our output may stop reading (`| head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
})

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = reportError(inOurWords(error), processOutput('expand-contract', process.argv.includes('--json')))
}
