import { killCommand, killWriter } from '../faults/sigkill.ts'
import { keepAppointments, schedule } from '../lab/schedule.ts'
import { mixedCrew } from './crews.ts'
import type { Scenario } from './scenario.ts'

/** So many kills a second leave two cores the time to start the next process. */
const killsPerSecond = 2.5

export const kills: Scenario = {
  name: 'kills',
  why: 'SIGKILL of services, writers, backfills and commands, while the change goes forwards and backwards',
  crew: mixedCrew,
  seeds: 4_000,
  async play(site, { ms }) {
    const times = Math.round((ms / 1_000) * killsPerSecond)
    const appointments = schedule(
      site.random,
      [
        { fault: killWriter, times: Math.ceil(times * 0.7) },
        { fault: killCommand, times: Math.floor(times * 0.3) },
      ],
      ms,
    )
    site.operator.pageRows = 40
    site.operator.inOneProcess = false
    let isOver = false
    await site.operator.migrate()
    const faults = keepAppointments(site, appointments).finally(() => {
      isOver = true
    })
    await Promise.all([faults, site.operator.wander(() => isOver)])
  },
}
