import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

/** Runs a command of the command line, from source, in the project of these tests; with `--json`. */
export async function runCommand<Document>(url: string, config: string, ...args: readonly string[]) {
  const file = fileURLToPath(new URL(`project/${config}`, import.meta.url))
  const child = spawn(process.execPath, [main, ...args, '--json', '--config', file], {
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { code: code as number, document: JSON.parse(stdout) as Document }
}
