import type { Site } from '../lab/site.ts'
import type { Direction } from '../processes/crowd.ts'
import { writingCrew } from './crews.ts'
import type { Scenario } from './scenario.ts'

/** So many at once. */
const operators = 50

/** Each meeting is at another phase, and half of those who meet push back. */
const meetings = ['dual-write', 'read-switch', 'read-new', 'new-only'] as const

async function play(site: Site): Promise<void> {
  await site.operator.migrate()
  for (const place of meetings) {
    await site.operator.goTo(place, 'next')
    await meet(site)
  }
}

/** All of them have decided on the same epoch, so that exactly one may win. */
async function meet(site: Site): Promise<void> {
  const { commands, operator, random, tally, report } = site
  const directions = Array.from({ length: operators }, (): Direction => (random.percent(50) ? 'next' : 'back'))
  const before = await epochs(site)
  const outcomes = await commands.atOnce(operator.change, directions)
  const taken = (await epochs(site)).slice(before.length)
  const moved = outcomes.filter((outcome) => outcome === 'moved').length
  const beaten = outcomes.filter((outcome) => outcome === 'EC_EPOCH_CONFLICT').length
  tally.add('operators at once', operators)
  tally.add('operators that were told that somebody else had moved the change', beaten)
  if (moved !== 1 || taken.length !== 1 || outcomes.length !== operators)
    report({
      kind: 'broken',
      what: `of ${operators} operators at once in ${site.watch.phase} ${moved} were told that they moved the change, and epochs ${taken.join(' ')} were taken: ${[...new Set(outcomes)].join(', ')}`,
    })
}

async function epochs({ admin }: Site): Promise<readonly number[]> {
  const { rows } = await admin.query<{ epoch: number }>(
    `SELECT epoch::int AS epoch FROM expand_contract.transitions
      WHERE action IN ('transition', 'reads', 'arm', 'prove-anew') ORDER BY number`,
  )
  return rows.map(({ epoch }) => epoch)
}

export const operatorsAtOnce: Scenario = {
  name: 'operators',
  why: 'fifty operators decide on the same state and act at once: exactly one wins each epoch',
  crew: writingCrew,
  seeds: 200,
  play,
}
