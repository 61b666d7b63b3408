import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

/** Starts a command of the command line, from source, in the project of these tests. */
export function startCommand(url: string, config: string, ...args: readonly string[]) {
  const file = fileURLToPath(new URL(`project/${config}`, import.meta.url))
  const child = spawn(process.execPath, [main, ...args, '--config', file], {
    env: { ...process.env, DATABASE_URL: url, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = Promise.all([text(child.stdout), once(child, 'exit')]).then(([stdout, [code]]) => ({
    code: code as number,
    stdout,
  }))
  return { child, ended }
}

/** The same with `--json`, to its end. */
export async function runCommand<Document>(url: string, config: string, ...args: readonly string[]) {
  const { code, stdout } = await startCommand(url, config, ...args, '--json').ended
  return { code, document: JSON.parse(stdout) as Document }
}
