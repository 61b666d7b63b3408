import type { ClientBase } from 'pg'
import type { Bench } from '../harness/bench.ts'
import type { Group, Measurement, Raw, Row } from '../harness/group.ts'
import { callLatencies } from '../harness/latency.ts'
import { ratioOfMedians } from '../harness/statistics.ts'
import { installRename } from '../subject/rename.ts'
import { type Services, withServices } from '../subject/services.ts'
import { createNameIndexes, createUsers } from '../subject/users.ts'
import { withSession } from '../subject/with-session.ts'
import { withoutWaitingForDisk } from '../subject/without-waiting-for-disk.ts'

const rows = {
  write: {
    name: 'repository.write.same_row',
    compares:
      'Latency of an update by key through a repository in dual-write, against plain Drizzle on a twin table without second column and trigger',
    unit: '× Drizzle',
    target: { atMost: 1.05 },
  },
  read: {
    name: 'repository.read',
    compares:
      'Latency of findFirst by key through a repository in dual-write, against the same select of plain Drizzle',
    unit: '× Drizzle',
    target: { atMost: 1.05 },
  },
} as const satisfies Record<string, Row>

const tables = [
  { table: 'users', columns: 'both' },
  { table: 'plain_users', columns: 'single' },
] as const

async function* measure(bench: Bench): AsyncIterable<Measurement> {
  const url = await bench.createDatabase()
  yield* await withSession(url, async (session) => {
    for (const table of tables) await createUsers(session.client, { ...table, rows: bench.rows })
    await installRename(session, 'dual-write')
    await session.client.query('CHECKPOINT')
    return withServices(session, bench.rows, async (services) => {
      const read = await measureReads(bench, services)
      const write = await measureWrites(bench, services, session.client)
      return [write, read]
    })
  })
  await bench.dropDatabase(url)
}

export default { rows: Object.values(rows), measure } satisfies Group

async function measureReads(bench: Bench, { ours, plain }: Services): Promise<Measurement> {
  const first = await callLatencies({ ours: ours.findFirst, plain: plain.findFirst }, bench)
  const many = await callLatencies({ ours: ours.findMany, plain: plain.findMany }, bench)
  return {
    row: rows.read,
    value: ratioOfMedians(first.ours, first.plain),
    raw: {
      ours_us: first.ours,
      plain_us: first.plain,
      ...compared('twenty_rows', many),
    },
  }
}

async function measureWrites(bench: Bench, { ours, plain }: Services, client: ClientBase): Promise<Measurement> {
  const updates = { ours: ours.update, plain: plain.update }
  const update = await callLatencies({ ...updates, withoutReturning: plain.updateWithoutReturning }, bench)
  const undelayed = await withoutWaitingForDisk(client, () => callLatencies(updates, bench))
  const insert = await callLatencies({ ours: ours.insert, plain: plain.insert }, bench)
  // What an index on the second column costs is that column's price and not ours, so it stands beside.
  for (const table of tables) await createNameIndexes(client, table)
  await client.query('CHECKPOINT')
  const indexed = await callLatencies(updates, bench)
  return {
    row: rows.write,
    value: ratioOfMedians(update.ours, update.plain),
    raw: {
      ours_us: update.ours,
      plain_us: update.plain,
      plain_without_returning_us: update.withoutReturning,
      ...compared('no_disk_wait', undelayed),
      ...compared('insert', insert),
      ...compared('indexed', indexed),
    },
  }
}

/** The same comparison under other circumstances. */
function compared(name: string, { ours, plain }: Record<'ours' | 'plain', readonly number[]>): Raw {
  return { [`${name}_ratio`]: ratioOfMedians(ours, plain), [`${name}_ours_us`]: ours, [`${name}_plain_us`]: plain }
}
