import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'

/** Somebody begins a transaction as repositories do for a table without a trigger, and forgets to end it. */
export const idlePin: Fault = {
  name: 'idle-pin',
  does: 'a transaction that has pinned the phase, and stays open for seconds: no transition may overtake it',
  async inject(site, random) {
    const client = await site.admin.connect()
    try {
      await client.query('BEGIN')
      await client.query('SELECT FROM expand_contract.pin_phase($1)', [site.operator.change])
      await sleep(random.between(200, 3_000))
      await client.query('COMMIT')
    } finally {
      client.release()
    }
    site.tally.add('idle transaction with a pin')
  },
}
