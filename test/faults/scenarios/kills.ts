import { killBackfill, killCommand, killWriter } from '../faults/sigkill.ts'
import { underFaults } from '../lab/schedule.ts'
import { mixedCrew } from './crews.ts'
import type { Scenario } from './scenario.ts'

/** So many kills a second leave two cores the time to start the next process. */
const killsPerSecond = 2.5

export const kills: Scenario = {
  name: 'kills',
  why: 'SIGKILL of services, writers, backfills and commands, while the change goes forwards and backwards',
  crew: mixedCrew,
  seeds: 10_000,
  async play(site, { ms }) {
    const { operator, random } = site
    const times = Math.round((ms / 1_000) * killsPerSecond)
    const backfills = Math.ceil(times / 15)
    await operator.migrate()
    for (let time = 0; time < backfills; time += 1) await killBackfill.inject(site, random)

    const rates = [
      { fault: killWriter, times: Math.ceil((times - backfills) * 0.7) },
      { fault: killCommand, times: Math.ceil((times - backfills) * 0.3) },
    ]
    operator.inOneProcess = false
    await underFaults(site, rates, ms, (isOver) => operator.wander(isOver))
  },
}
