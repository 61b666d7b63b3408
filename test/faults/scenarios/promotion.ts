import { promotion } from '../faults/promotion.ts'
import { keepAppointments, schedule } from '../lab/schedule.ts'
import { mixedCrew } from './crews.ts'
import type { Scenario } from './scenario.ts'

export const standbyPromotion: Scenario = {
  name: 'promotion',
  why: 'the primary dies and its standby takes over, while the change goes forwards and backwards',
  crew: mixedCrew,
  hasStandby: true,
  async play(site, { ms }) {
    let isOver = false
    await site.operator.migrate()
    const faults = async (): Promise<void> => {
      await keepAppointments(site, schedule(site.random, [{ fault: promotion, times: 1 }], ms))
      await site.fleet.traffic(50)
      isOver = true
    }
    await Promise.all([faults(), site.operator.wander(() => isOver)])
  },
}
