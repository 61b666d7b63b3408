import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Lab } from './lab/lab.ts'
import type { Run } from './lab/run-scenario.ts'
import { inWords, reportOf } from './report.ts'
import { scenarios } from './scenarios/index.ts'
import { renameColumnSubject } from './subjects/rename-column/subject.ts'

/** Another one each time, unless `EC_LAB_SEED` says which; it is printed with the report. */
const seed = Number(process.env.EC_LAB_SEED ?? Math.floor(Math.random() * 2 ** 31))

const runs: Run[] = []
let lab: Lab
beforeAll(async () => {
  lab = await Lab.open()
})
afterAll(async () => {
  await lab.close()
  console.log(inWords(reportOf(runs, seed, `npm run faults -- --ci --seed ${seed}`)))
})

describe(`seed ${seed}`, () => {
  it.each(scenarios.map((entry) => [entry.scenario.name, entry] as const))(
    '%s: nothing is lost, nothing returns, nothing stale is read, and every refusal is explained',
    async (_name, { scenario, inCiMs }) => {
      const run = await lab.run(renameColumnSubject, scenario, { seed, span: { ms: inCiMs } })
      runs.push(run)
      expect(run.verdict.violations).toEqual([])
    },
  )

  it('200 processes were killed', () => {
    const { faults } = reportOf(runs, seed, '')
    const kills = Object.entries(faults).reduce((sum, [what, n]) => sum + (what.startsWith('SIGKILL') ? n : 0), 0)
    expect(kills).toBeGreaterThanOrEqual(200)
  })
})
