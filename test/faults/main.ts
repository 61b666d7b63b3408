/**
 * The fault lab: services, writers and operators at work on a real PostgreSQL while everything goes wrong.
 *
 *   npm run faults -- [--minutes 10 | --ci] [--seed 42] [--only kills,storm] [--json] [--verbose]
 */
import { type LabOptions, readOptions, usage } from './options.ts'
import { playLab } from './play.ts'
import { inWords } from './report.ts'
import { scenarios } from './scenarios/index.ts'

const badUsage = 3
const interrupted = 130

function optionsOrExit(): LabOptions {
  try {
    return readOptions(
      process.argv.slice(2),
      scenarios.map(({ scenario }) => scenario.name),
    )
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`)
    process.exit(badUsage)
  }
}

const { minutes, seed, only, json, verbose } = optionsOrExit()
// Processes, folders and servers are cleared up by those that look after them, however this one ends.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => process.exit(interrupted))
const chosen = only.length === 0 ? '' : ` --only ${only.join(',')}`
console.error(`Seed ${seed}.`)
const report = await playLab({
  ...(minutes === undefined ? {} : { ms: minutes * 60_000 }),
  seed,
  only,
  replay: `npm run faults -- ${minutes === undefined ? '--ci' : `--minutes ${minutes}`} --seed ${seed}${chosen}`,
  ...(verbose ? { listen: (line: string) => console.error(line) } : {}),
})
console.log(json ? JSON.stringify(report) : inWords(report))
process.exitCode = report.ok ? 0 : 1
