import type { CommandResult } from '../lab/commands.ts'
import type { Site } from '../lab/site.ts'
import { writingCrew } from './crews.ts'
import type { Scenario } from './scenario.ts'

/** So many at once, each a process of its own. */
const operators = 50

/** On two cores they need half a minute to start. */
const patienceMs = 180_000

async function play(site: Site): Promise<void> {
  await site.operator.migrate()
  await site.operator.goTo('dual-write', 'next')
  // From here one step back and one step forward are transitions, and so is each of those that follow.
  await site.operator.leave('dual-write')
  await meet(site)
}

/** Half of them go forward and half of them back, and nobody waits. */
async function meet(site: Site): Promise<void> {
  const { commands, operator, random, tally } = site
  const before = await epochs(site)
  const results = await Promise.all(
    Array.from({ length: operators }, () => {
      const direction = random.percent(50) ? 'next' : 'back'
      return commands.run([direction, operator.change, '--yes', '--force', 'fifty operators at once'], patienceMs)
    }),
  )
  const after = await epochs(site)
  tally.add('operators at once', operators)
  judge(site, results, before, after)
}

/** Each step has an epoch of its own, and no more steps were taken than operators were told of one. */
function judge(
  { report, tally }: Site,
  results: readonly CommandResult[],
  before: readonly number[],
  after: readonly number[],
): void {
  const won = results.filter(({ code }) => code === 0)
  const beaten = results.filter(({ json }) => json.error?.code === 'EC_EPOCH_CONFLICT')
  const taken = after.slice(before.length)
  const first = (before.at(-1) ?? 0) + 1
  tally.add('operators that were told that somebody else had moved the change', beaten.length)
  tally.add('steps that operators took at once', taken.length)
  const what = `of ${operators} operators at once`
  if (taken.some((epoch, index) => epoch !== first + index))
    report({ kind: 'broken', what: `the epochs ${what} do not follow each other: ${taken.join(' ')}` })
  if (taken.length === 0 || taken.length > won.length)
    report({ kind: 'broken', what: `${won.length} ${what} were told of a step, and ${taken.length} steps were taken` })
  for (const { command, code, said } of results.filter(({ code }) => code !== 0 && code !== 2))
    report({ kind: 'broken', what: `${command} ended with ${code}: ${said}` })
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
  why: 'fifty operators push and pull at once: exactly one wins each epoch',
  crew: writingCrew,
  seeds: 200,
  play,
}
