import type { CommandResult } from '../lab/commands.ts'
import type { Place } from '../lab/operator.ts'
import type { Site } from '../lab/site.ts'
import { writingCrew } from './crews.ts'
import type { Scenario } from './scenario.ts'

/** So many at once, each a process of its own. */
const operators = 50

/** Between which places they push and pull; each step is a transition, so each winner leaves a line in the history. */
const meetings: readonly Place[] = ['dual-write', 'new-only']

async function play(site: Site): Promise<void> {
  await site.operator.migrate()
  for (const place of meetings) {
    await site.operator.goTo(place, 'next')
    await site.operator.leave(place)
    await meet(site)
  }
}

/** Half of them go forward and half of them back, and nobody waits. */
async function meet(site: Site): Promise<void> {
  const { commands, operator, random, tally } = site
  const before = await epochs(site)
  const results = await Promise.all(
    Array.from({ length: operators }, () => {
      const direction = random.percent(50) ? 'next' : 'back'
      return commands.run(direction, operator.change, '--yes', '--force', 'fifty operators at once')
    }),
  )
  const after = await epochs(site)
  tally.add('operators at once', operators)
  judge(site, results, before, after)
}

/** Whoever ends with 0 has taken one step, and each step has an epoch of its own: two winners of one epoch would show as a gap. */
function judge(
  site: Site,
  results: readonly CommandResult[],
  before: readonly number[],
  after: readonly number[],
): void {
  const won = results.filter(({ code }) => code === 0)
  const lost = results.filter(({ json }) => json.error?.code === 'EC_EPOCH_CONFLICT')
  const taken = after.slice(before.length)
  const first = (before.at(-1) ?? 0) + 1
  site.tally.add('operators that were told that somebody else had moved the change', lost.length)
  if (taken.some((epoch, index) => epoch !== first + index))
    site.report({
      kind: 'broken',
      what: `the epochs of ${operators} operators do not follow each other: ${taken.join(' ')}`,
    })
  const moving = won.filter(({ json }) => json.outcome === undefined)
  if (taken.length > moving.length)
    site.report({ kind: 'broken', what: `${taken.length} steps were taken, and ${won.length} operators were told so` })
  for (const { command, code, said } of results)
    if (code !== 0 && code !== 2) site.report({ kind: 'broken', what: `${command} ended with ${code}: ${said}` })
}

async function epochs({ admin }: Site): Promise<readonly number[]> {
  const { rows } = await admin.query<{ epoch: number }>(
    `SELECT epoch::int AS epoch FROM expand_contract.transitions WHERE action IN ('transition', 'reads', 'arm') ORDER BY number`,
  )
  return rows.map(({ epoch }) => epoch)
}

export const operatorsAtOnce: Scenario = {
  name: 'operators',
  why: 'fifty operators push and pull at once: exactly one wins each epoch',
  crew: writingCrew,
  seeds: 200,
  play,
}
