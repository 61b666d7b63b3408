import { isolationLevels } from '../subjects/row-store.ts'
import type { Fault } from './fault.ts'

/** Transactions that take the same few rows in different orders, in one isolation level after the other. */
export const contention: Fault = {
  name: 'contention',
  does: 'bursts of transactions over the same rows in opposite orders, in every isolation level',
  async inject(site, random) {
    const keys = random.between(2, 4)
    for (const isolation of isolationLevels) {
      for (const name of site.fleet.targets()) site.fleet.order(name, { order: 'contend', isolation, times: 4, keys })
      site.tally.add(`contention in ${isolation}`)
    }
  },
}
