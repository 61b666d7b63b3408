import { Lab } from './lab/lab.ts'
import type { Run } from './lab/run-scenario.ts'
import { type LabReport, reportOf } from './report.ts'
import { scenarios } from './scenarios/index.ts'
import { renameColumnSubject } from './subjects/rename-column/subject.ts'

export interface PlayLabOptions {
  /** Of all scenarios together; left out, each takes what it takes in CI. */
  readonly ms?: number
  readonly seed: number
  /** Names of scenarios; empty for all of them. */
  readonly only?: readonly string[]
  readonly replay: string
  readonly listen?: (line: string) => void
}

/** Plays scenarios one after the other, each for its part of the time. */
export async function playLab({ ms, seed, only = [], replay, listen }: PlayLabOptions): Promise<LabReport> {
  const chosen = scenarios.filter(({ scenario }) => only.length === 0 || only.includes(scenario.name))
  const weights = chosen.reduce((sum, { weight }) => sum + weight, 0)
  const lab = await Lab.open()
  const runs: Run[] = []
  try {
    for (const { scenario, weight, inCiMs } of chosen) {
      listen?.(`${scenario.name}: ${scenario.why}`)
      const span = { ms: ms === undefined ? inCiMs : Math.round((ms * weight) / weights) }
      const options = { seed, span, listen }
      runs.push(await lab.run(renameColumnSubject, scenario, options))
    }
  } finally {
    await lab.close()
  }
  return reportOf(runs, seed, replay)
}
