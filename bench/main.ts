// npm run bench: measures us against what one would do without us. See docs/benchmarks.md.
import { cpus, loadavg } from 'node:os'
import { groups } from './groups.ts'
import { type Bench, openBench } from './harness/bench.ts'
import { parseRequest, type Request, UsageError, usage } from './harness/command-line.ts'
import { jsonLine, textLines } from './harness/report.ts'

/** Ends the databases under whatever is being measured, which then fails for no reason of its own. */
const interrupt = new AbortController()

async function main(request: Request): Promise<void> {
  const bench = await openBench(request)
  process.once('SIGINT', () => {
    interrupt.abort()
    void bench.close().finally(() => process.exit(130))
  })
  try {
    for (const name of request.groups) await runGroup(name, bench, request)
  } finally {
    await bench.close()
  }
}

async function runGroup(name: string, bench: Bench, request: Request): Promise<void> {
  const { rows, rounds } = request
  bench.note(`${name}: ${rows.toLocaleString('en-US')} rows, rounds: ${rounds}, ${machine()}`)
  const { default: group } = await groups[name]!()
  for await (const measurement of group.measure(bench)) {
    console.log(request.json ? jsonLine(measurement, request) : textLines(measurement))
  }
}

/** Figures from a busy machine are worth little, so it says how busy it is. */
function machine(): string {
  return `Node ${process.version}, ${cpus().length} CPUs, load ${loadavg()[0]!.toFixed(1)}`
}

try {
  await main(parseRequest(process.argv.slice(2), Object.keys(groups)))
} catch (error) {
  if (!interrupt.signal.aborted) console.error(error instanceof UsageError ? `${error.message}\n${usage}` : error)
  process.exitCode = error instanceof UsageError ? 3 : 1
}
