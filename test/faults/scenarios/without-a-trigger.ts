import { ownRole } from '../conditions/application-role.ts'
import { connectionStorm } from '../faults/connection-storm.ts'
import { contention } from '../faults/contention.ts'
import { freeze } from '../faults/freeze.ts'
import { idlePin } from '../faults/idle-pin.ts'
import { idleTransaction } from '../faults/idle-transaction.ts'
import { killBackfill, killCommand, killWriter } from '../faults/sigkill.ts'
import { slowUnits } from '../faults/slow-units.ts'
import { underFaults } from '../lab/schedule.ts'
import type { Site } from '../lab/site.ts'
import { mixedCrew, writersBySql } from './crews.ts'
import type { Scenario } from './scenario.ts'

/** Of each fault in a minute. */
const perMinute = [
  { fault: killWriter, times: 16 },
  { fault: killCommand, times: 8 },
  { fault: killBackfill, times: 4 },
  { fault: freeze, times: 5 },
  { fault: connectionStorm, times: 3 },
  { fault: contention, times: 4 },
  { fault: slowUnits, times: 20 },
  { fault: idleTransaction, times: 4 },
  { fault: idlePin, times: 6 },
]

/** Of every process; by then it has decided on the units of work that it was just given. */
const requestsToDecide = 10

export const withoutATrigger: Scenario = {
  name: 'without-a-trigger',
  why: 'a change with sync: none goes through all phases and back, while processes die and freeze, transactions idle, connections break and units of work decide before the phase moves',
  variant: { sync: 'none', copyBack: false },
  crew: mixedCrew,
  conditions: [ownRole],
  async play(site, { ms }) {
    const { operator, tally } = site
    const rates = perMinute.map(({ fault, times }) => ({ fault, times: Math.ceil((times * ms) / 60_000) }))
    await operator.migrate()
    await operator.goTo('expanded', 'next')
    await underFaults(site, rates, ms, async (isOver) => {
      await enterDualWrite(site)
      await operator.goTo('read-new', 'next')
      await operator.goTo('expanded', 'back')
      await site.fleet.start(...writersBySql)
      // What they write now is filled anew.
      await enterDualWrite(site)
      await operator.goTo('retired', 'next')
      await operator.goTo('dual-write', 'back')
      tally.add('laps through the phases', 1 + (await operator.wander(isOver)))
    })
  },
}

/**
 * Nobody may write old alone any more: the writers by SQL have left, and whoever has read before finds the phase moved, be it
 * a process that wakes when its lease has run out and the rows that it is about to write have been filled.
 */
async function enterDualWrite(site: Site): Promise<void> {
  await site.fleet.traffic(20)
  await site.fleet.dismiss('unaware')
  await slowUnits.inject(site, site.random)
  await site.fleet.traffic(requestsToDecide)
  await Promise.all([freeze.inject(site, site.random), site.operator.goTo('read-switch', 'next')])
}
