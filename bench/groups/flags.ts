import { drizzle } from 'drizzle-orm/node-postgres'
import type { Database } from '../../src/drizzle/database.ts'
import { databaseFlags } from '../../src/flags/database.ts'
import { Wishes } from '../../src/flags/wish.ts'
import { longestLeaseMs } from '../../src/registry/lease.ts'
import { UnitOfWork } from '../../src/repository/unit-of-work.ts'
import { PhaseView } from '../../src/toolkit/phase-view.ts'
import { ReadDecisions } from '../../src/toolkit/read-decisions.ts'
import type { Bench } from '../harness/bench.ts'
import type { Group, Measurement, Row } from '../harness/group.ts'
import { cpuCosts } from '../harness/latency.ts'
import { median } from '../harness/statistics.ts'
import { installRename, rename } from '../subject/rename.ts'
import { createUsers } from '../subject/users.ts'
import { withSession } from '../subject/with-session.ts'

const decision: Row = {
  name: 'flags.decision_us',
  compares: 'The read decision of one unit of work with a key, in read-switch, by the percentage in the database',
  unit: 'µs',
  target: { atMost: 2 },
}

/** Distinct users, as many as a process remembers the answers of. */
const users = 10_000
const decisionsPerRound = 200_000

async function* measure(bench: Bench): AsyncIterable<Measurement> {
  const decisions = await decisionsInReadSwitch(bench)
  const contexts = Array.from({ length: users }, (_, number) => ({ userId: `user-${number}` }))
  const contextOf = (number: number) => contexts[number % users]
  const { decide, unit } = await cpuCosts(
    {
      decide: (number) => decisions.decide(rename.change, contextOf(number)),
      unit: (number) => new UnitOfWork(contextOf(number), decisions, undefined).decisionOn(rename.change),
    },
    { rounds: bench.rounds, callsPerRound: decisionsPerRound },
  )
  yield { row: decision, value: median(decide), raw: { decision_us: decide, with_its_unit_of_work_us: unit } }
}

export default { rows: [decision], measure } satisfies Group

/** Decides as a started toolkit does, without its heartbeat. */
async function decisionsInReadSwitch(bench: Bench): Promise<ReadDecisions> {
  const url = await bench.createDatabase()
  return withSession(url, async (session) => {
    await createUsers(session.client, { table: 'users', rows: 1, columns: 'both' })
    await installRename(session, 'read-switch')
    const db = drizzle({ client: session.client }) as unknown as Database
    const view = new PhaseView({ db, declared: [rename], tables: [], control: 'required', leaseMs: longestLeaseMs })
    view.adopt(await view.look())
    return new ReadDecisions(view, new Wishes(databaseFlags(), bench.note), () => {})
  })
}
