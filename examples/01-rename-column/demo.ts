/**
 * The demo: a rename of `users.name` to `users.full_name` in a live PostgreSQL, under the traffic of four processes.
 *
 *   npm run demo -- [--json] [--rows=200000] [--requests=20000] [--sabotage=notrigger|nobackfill|noclamp|dropearly]
 */
import { play } from './demo/director.ts'
import { type DemoOptions, readOptions, usage } from './demo/options.ts'
import { Screen } from './demo/screen.ts'

const failed = 1
const badUsage = 3
const interrupted = 130

function optionsOrExit(): DemoOptions {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`)
    process.exit(badUsage)
  }
}

const options = optionsOrExit()
const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interruption.abort())

const screen = new Screen(options.json ? process.stderr : process.stdout)
try {
  const outcome = await play(options, screen, interruption.signal)
  if (options.json && outcome !== undefined) console.log(JSON.stringify(outcome))
  process.exitCode = outcome === undefined ? interrupted : outcome.ok ? 0 : failed
} catch (error) {
  // No server to be had, say: the message names the cause, and no connection string.
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = failed
}
