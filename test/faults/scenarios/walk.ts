import type { Condition } from '../conditions/condition.ts'
import { hostileConfiguration } from '../conditions/hostile-configuration.ts'
import { logicalSubscriber } from '../conditions/logical-subscriber.ts'
import { rowLevelSecurity } from '../conditions/row-level-security.ts'
import { transactionPooler } from '../conditions/transaction-pooler.ts'
import type { Site } from '../lab/site.ts'
import { mixedCrew } from './crews.ts'
import type { Scenario, Span } from './scenario.ts'

/** All the way there and back, and then about for as long as there is time. */
async function play(site: Site, { ms }: Span): Promise<void> {
  const end = performance.now() + ms
  await site.operator.migrate()
  await site.operator.goTo('retired', 'next')
  await site.operator.goTo('expanded', 'back')
  site.tally.add('laps through the phases', 1 + (await site.operator.wander(() => performance.now() > end)))
  for (const { name } of site.conditions) site.tally.add(`under ${name}`)
}

function walkUnder(...conditions: readonly Condition[]): Scenario {
  return {
    name: conditions.map(({ name }) => name).join('-and-'),
    why: `all phases forwards and backwards, where ${conditions.map(({ does }) => does).join(' and ')}`,
    crew: mixedCrew,
    conditions,
    play,
  }
}

export const walks: readonly Scenario[] = [
  walkUnder(transactionPooler()),
  walkUnder(rowLevelSecurity),
  walkUnder(logicalSubscriber()),
  walkUnder(hostileConfiguration),
]
