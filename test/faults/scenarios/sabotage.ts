import { setTimeout as sleep } from 'node:timers/promises'
import { identifier } from '../../../src/sql/identifier.ts'
import type { Place } from '../lab/operator.ts'
import type { Site } from '../lab/site.ts'
import { mixedCrew, writersBySql } from './crews.ts'
import type { Scenario } from './scenario.ts'

const whileMs = 1_500

/** What the promise does not cover, so that it has to show: the lab is worth nothing if it cannot fail. */
function triggersOffIn(place: Place, name: string, why: string): Scenario {
  return {
    name,
    why,
    crew: mixedCrew,
    async play(site) {
      await site.operator.migrate()
      await site.operator.goTo(place, 'next')
      if (place === 'read-switch') await site.operator.reads(100)
      await site.fleet.traffic(30)
      await switchTriggers(site, 'DISABLE')
      await sleep(whileMs)
      await switchTriggers(site, 'ENABLE ALWAYS')
    },
  }
}

/** Somebody has attested that there are no writers by SQL, and they come back. */
export const writesPastTheRepositories: Scenario = {
  name: 'sabotage-attestation',
  why: 'writers by SQL write old alone although reads are on new and no trigger keeps it in sync',
  variant: { sync: 'none', copyBack: false },
  crew: mixedCrew,
  async play(site) {
    await site.operator.migrate()
    await site.fleet.dismiss('unaware')
    await site.operator.goTo('read-new', 'next')
    await site.fleet.start(...writersBySql)
    await site.fleet.traffic(30)
  },
}

async function switchTriggers({ admin, variant }: Site, what: 'DISABLE' | 'ENABLE ALWAYS'): Promise<void> {
  const table = identifier(variant.names.table)
  const { rows } = await admin.query<{ name: string }>(
    `SELECT tgname AS name FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal`,
    [table],
  )
  for (const { name } of rows) await admin.query(`ALTER TABLE ${table} ${what} TRIGGER ${identifier(name)}`)
}

export const readsWithoutTrigger = triggersOffIn(
  'read-switch',
  'sabotage-reads',
  'the sync trigger is off for a while although reads are on new',
)

export const writesPastTheFence = triggersOffIn(
  'armed',
  'sabotage-fence',
  'the fence is off for a while, and writers write old alone after the refusal has been armed',
)
