import { promotion } from '../faults/promotion.ts'
import { underFaults } from '../lab/schedule.ts'
import { mixedCrew } from './crews.ts'
import type { Scenario } from './scenario.ts'

export const standbyPromotion: Scenario = {
  name: 'promotion',
  why: 'the primary dies and its standby takes over, while the change goes forwards and backwards',
  crew: mixedCrew,
  hasStandby: true,
  async play(site, { ms }) {
    await site.operator.migrate()
    await underFaults(site, [{ fault: promotion, times: 1 }], ms, (isOver) => site.operator.wander(isOver))
  },
}
