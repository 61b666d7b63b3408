import type { Session } from '../../src/control/session.ts'
import type { Bench } from '../harness/bench.ts'
import type { Group, Measurement, Row } from '../harness/group.ts'
import { interleave } from '../harness/interleave.ts'
import { ratioOfMedians } from '../harness/statistics.ts'
import { milliseconds } from '../harness/stopwatch.ts'
import { installRename } from '../subject/rename.ts'
import { withServices } from '../subject/services.ts'
import { createUsers } from '../subject/users.ts'
import { withSession } from '../subject/with-session.ts'

const cost: Row = {
  name: 'registry.cost',
  compares:
    'Time of updates by key through a repository whose process polls the phases and renews its lease as by default, against one that does neither',
  unit: '×',
  target: { atMost: 1.02 },
}

/** Long enough for several beats of a heart that beats once a second. */
const blockMs = 4_000
const never = { pollMs: 1_800_000, leaseMs: 3_600_000 }

async function* measure(bench: Bench): AsyncIterable<Measurement> {
  const url = await bench.createDatabase()
  yield* await withSession(url, async (session) => {
    await createUsers(session.client, { table: 'users', rows: bench.rows, columns: 'both' })
    await installRename(session, 'dual-write')
    await session.client.query('CHECKPOINT')
    const variants = {
      registered: () => microsecondsPerUpdate(session, bench.rows),
      unregistered: () => microsecondsPerUpdate(session, bench.rows, never),
    }
    await interleave(variants, 1)
    const { registered, unregistered } = await interleave(variants, bench.rounds)
    const value = ratioOfMedians(registered, unregistered)
    return [{ row: cost, value, raw: { registered_us: registered, unregistered_us: unregistered } }]
  })
  await bench.dropDatabase(url)
}

export default { rows: [cost], measure } satisfies Group

/** The mean and not the median of a block: what happens once a second has to show. */
async function microsecondsPerUpdate(session: Session, rows: number, times: typeof never | undefined = undefined) {
  return withServices(
    session,
    rows,
    async ({ ours }) => {
      let updates = 0
      const elapsedMs = await milliseconds(async () => {
        const until = performance.now() + blockMs
        for (; performance.now() < until; updates += 1) await ours.update(updates)
      })
      return (elapsedMs * 1_000) / updates
    },
    times,
  )
}
