import { setTimeout as sleep } from 'node:timers/promises'
import { identifier } from '../../../src/sql/identifier.ts'
import type { Fault } from './fault.ts'

/** Somebody reads a table, forgets to end the transaction, and holds its lock; transitions and drains meet it. */
export const idleTransaction: Fault = {
  name: 'idle-transaction',
  does: 'a transaction that has read the table, in one of the isolation levels, and stays open for seconds',
  async inject(site, random) {
    const client = await site.admin.connect()
    const isolation = random.pick(['READ COMMITTED', 'REPEATABLE READ'])
    try {
      await client.query(`BEGIN ISOLATION LEVEL ${isolation}`)
      await client.query(`SELECT FROM ${identifier(site.variant.names.table)} LIMIT 1`)
      await sleep(random.between(500, 4_000))
      await client.query('COMMIT')
    } finally {
      client.release()
    }
    site.tally.add('old idle transaction')
  },
}
