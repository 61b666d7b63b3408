import type { Condition } from '../conditions/condition.ts'
import { hostileConfiguration } from '../conditions/hostile-configuration.ts'
import { hostileApplication, hostileNames, identifierInjection } from '../conditions/hostile-names.ts'
import { logicalSubscriber } from '../conditions/logical-subscriber.ts'
import { rowLevelSecurity } from '../conditions/row-level-security.ts'
import { transactionPooler } from '../conditions/transaction-pooler.ts'
import { flappingUnleash } from '../conditions/unleash.ts'
import { underFaults } from '../lab/schedule.ts'
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

function walkUnder(condition: Condition, rest: Partial<Scenario> = {}): Scenario {
  const { name, does } = condition
  const why = `all phases forwards and backwards, where ${does}`
  return { name, why, crew: mixedCrew, conditions: [condition], play, ...rest }
}

const unleash = flappingUnleash('user-full-name')
const flapsPerSecond = 4

export const walks: readonly Scenario[] = [
  walkUnder(transactionPooler()),
  walkUnder(rowLevelSecurity),
  walkUnder(logicalSubscriber()),
  walkUnder(hostileConfiguration),
  walkUnder(identifierInjection, {
    variant: { names: hostileNames },
    crew: mixedCrew.map((post, index) =>
      index % 2 === 0 ? post : { ...post, name: `${hostileApplication} ${index}` },
    ),
  }),
  walkUnder(unleash.condition, {
    async play(site, span) {
      const flaps = [{ fault: unleash.fault, times: (span.ms / 1_000) * flapsPerSecond }]
      await underFaults(site, flaps, span.ms, () => play(site, span))
    },
  }),
]
