import type { Fault } from './fault.ts'

/** Of every process on the new primary. */
const requestsAfterwards = 50

/** The primary dies and its standby takes over. What was acknowledged is on the standby: commits waited for it. */
export const promotion: Fault = {
  name: 'promotion',
  does: 'the primary is killed and its synchronous standby promoted, in the middle of a phase',
  async inject(site) {
    const because = 'a command while the primary was gone'
    await site.explanations.during(
      { codes: ['EC_CONNECTION_LOST', 'EC_UNREACHABLE', 'EC_MIGRATION_FAILED'], because },
      () => site.server.failOver(),
    )
    await site.fleet.traffic(requestsAfterwards)
    site.tally.add('standby promoted')
  },
}
