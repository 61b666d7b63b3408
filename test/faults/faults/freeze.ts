import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'

/**
 * SIGSTOP until the lease has run out and others have gone on, then SIGCONT: the process wakes in the middle of a
 * request, and acts by a phase that may have been left.
 */
export const freeze: Fault = {
  name: 'sigstop',
  does: 'SIGSTOP of a process past its lease, then SIGCONT',
  async inject(site, random) {
    const ofKind = site.fleet.targets(random.percent(70) ? 'aware' : 'unaware')
    const targets = ofKind.length > 0 ? ofKind : site.fleet.targets()
    if (targets.length === 0) return
    const wake = site.fleet.freeze(random.pick(targets))
    try {
      await sleep(site.leaseMs + random.between(200, 1_500))
    } finally {
      wake()
    }
    site.tally.add('SIGSTOP past the lease')
  },
}
