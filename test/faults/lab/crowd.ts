import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { CrowdOrder, CrowdReport, Direction } from '../processes/crowd.ts'
import type { CommandsOptions } from './commands.ts'

const script = fileURLToPath(new URL('../processes/crowd.ts', import.meta.url))

/** So many operators share a process. */
const perProcess = 10

/** Lets operators decide on the same state of a change, and then act all at once. @returns how each of them fared. */
export async function letActAtOnce(
  { folder, environment, keeper, outputs }: CommandsOptions,
  change: string,
  directions: readonly Direction[],
): Promise<readonly string[]> {
  const groups = Array.from({ length: Math.ceil(directions.length / perProcess) }, (_, index) =>
    directions.slice(index * perProcess, (index + 1) * perProcess),
  )
  const crowd = groups.map((group) => {
    const child = fork(script, [], {
      cwd: folder,
      env: environment,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    keeper.keep(child)
    outputs.listen('a crowd of operators', child.stdout, child.stderr)
    return { group, child }
  })
  try {
    await Promise.all(crowd.map(({ child, group }) => ask(child, { order: 'decide', directions: group, change })))
    const reports = await Promise.all(crowd.map(({ child }) => ask(child, { order: 'act' })))
    return reports.flatMap((report) => (report.report === 'acted' ? report.outcomes : []))
  } finally {
    for (const { child } of crowd) child.kill()
  }
}

async function ask(child: ChildProcess, order: CrowdOrder): Promise<CrowdReport> {
  child.send(order)
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('a crowd of operators ended by itself')))
  // Whoever has answered is ended by us.
  ended.catch(() => undefined)
  const [report] = (await Promise.race([once(child, 'message'), ended])) as [CrowdReport]
  return report
}
