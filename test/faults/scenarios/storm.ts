import { connectionStorm } from '../faults/connection-storm.ts'
import { contention } from '../faults/contention.ts'
import { changedType, disabledTrigger } from '../faults/drift.ts'
import { freeze } from '../faults/freeze.ts'
import { idleTransaction } from '../faults/idle-transaction.ts'
import { underFaults } from '../lab/schedule.ts'
import { mixedCrew } from './crews.ts'
import type { Scenario } from './scenario.ts'

/** Of each fault in a minute. */
const perMinute = [
  { fault: freeze, times: 6 },
  { fault: connectionStorm, times: 5 },
  { fault: contention, times: 8 },
  { fault: idleTransaction, times: 4 },
  { fault: disabledTrigger, times: 6 },
  { fault: changedType, times: 3 },
]

export const storm: Scenario = {
  name: 'storm',
  why: 'all phases forwards and backwards, read percentages and holds, at full load, while processes freeze, connections break, rows are fought for and hands tamper with the schema',
  crew: mixedCrew,
  async play(site, { ms }) {
    const rates = perMinute.map(({ fault, times }) => ({ fault, times: Math.ceil((times * ms) / 60_000) }))
    await site.operator.migrate()
    const laps = await underFaults(site, rates, ms, (isOver) => site.operator.wander(isOver))
    site.tally.add('laps through the phases', laps)
  },
}
