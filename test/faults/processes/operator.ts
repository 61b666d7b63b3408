/**
 * The command line in a process that stays, for runs with more commands than there is time to start processes for: the
 * same code, one call after the other. It gets the arguments, and answers with what the call printed and its exit code.
 */
import { runCommand } from 'citty'
import type { Call, CallEnded } from './calls.ts'

const packageJson = import.meta.resolve('drizzle-expand-contract/package.json')
const { commands } = (await import(new URL('./dist/src/cli/commands/index.js', packageJson).href)) as {
  commands: NonNullable<Parameters<typeof runCommand>[0]['subCommands']>
}

let printed = ''
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = ((text: string) => {
  printed += text
  return write(text)
}) as typeof process.stdout.write

process.once('disconnect', () => process.exit())
process.on('message', async ({ number, args }: Call) => {
  printed = ''
  process.exitCode = 0
  await runCommand({ meta: { name: 'expand-contract' }, subCommands: commands }, { rawArgs: [...args] })
  const ended: CallEnded = { number, code: Number(process.exitCode), printed }
  process.send?.(ended)
})
