import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { writers } from './fleet.ts'
import type { Verdict } from './judge.ts'
import type { DemoOptions } from './options.ts'
import { changeId, type Stage } from './stage.ts'
import { count } from './story.ts'

/** What the demo ends with. */
export interface Outcome {
  readonly requests: number
  readonly failedRequests: number
  readonly lostWrites: number
  readonly staleReads: number
  /** The sessions that `next` named because they wrote the old column alone. */
  readonly unawareWriters: readonly string[]
  /** The phases that the change went through, by its history. */
  readonly phases: readonly string[]
  readonly ok: boolean
}

const checker = fileURLToPath(new URL('../checker.ts', import.meta.url))

/** Has the ledgers and the table judged by a process of its own, after all writers have ended. */
export async function askChecker(url: string, ledgers: string): Promise<Verdict> {
  const { stdout } = await promisify(execFile)(process.execPath, [checker, ledgers], {
    env: { ...process.env, DATABASE_URL: url },
  })
  return JSON.parse(stdout) as Verdict
}

/** The verdict, and whether the story was told to its end. */
export async function outcomeOf(stage: Stage, verdict: Verdict, options: DemoOptions): Promise<Outcome> {
  const { json } = await stage.props.commands.run('history', changeId)
  const moves = (json.history ?? []).filter(({ fromPhase, toPhase }) => fromPhase !== toPhase)
  const phases = ['planned', ...moves.map(({ toPhase }) => toPhase)]
  const { requests, failedRequests, staleReads } = verdict
  // A deletion is a write, too: where the row is back, it has been lost.
  const lostWrites = verdict.lostWrites + verdict.resurrected
  const isClean = failedRequests === 0 && lostWrites === 0 && staleReads === 0
  const isWhole = requests >= options.requests && phases.at(-1) === 'contracted' && stage.problems.length === 0
  return {
    requests,
    failedRequests,
    lostWrites,
    staleReads,
    unawareWriters: stage.unawareWriters,
    phases,
    ok: isClean && isWhole,
  }
}

/** The last lines of the story. */
export function conclude(stage: Stage, verdict: Verdict, outcome: Outcome, { sabotage }: DemoOptions): void {
  const { screen } = stage.props
  const { requests, lostWrites, staleReads, failedRequests, ok } = outcome
  screen.line()
  screen.line(
    `${count(lostWrites)} lost writes, ${count(staleReads)} stale reads, ${count(failedRequests)} failed requests`,
    { indent: 2, style: ['bold', ok ? 'green' : 'red'] },
  )
  screen.line(
    `out of ${count(requests)} requests in ${screen.seconds.toFixed(0)} s, counted by a checker of its own from ${writers.length} ledgers and the table`,
    { indent: 2 },
  )
  for (const [code, times] of Object.entries(verdict.failures))
    screen.line(`${count(times)} failed with ${code}`, { indent: 4, style: 'dim' })
  for (const problem of stage.problems) screen.line(problem, { indent: 4, style: 'red' })
  screen.line(
    sabotage === undefined
      ? 'It can count: npm run demo -- --sabotage=notrigger (or nobackfill, noclamp, dropearly)'
      : `This was sabotage (${sabotage}): it has to end badly.`,
    { indent: 2, style: 'dim' },
  )
}
