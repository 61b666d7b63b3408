import type { Bench } from '../harness/bench.ts'
import type { Group, Measurement, Row } from '../harness/group.ts'
import { callLatencies } from '../harness/latency.ts'
import { ratioOfMedians } from '../harness/statistics.ts'
import { installRename } from '../subject/rename.ts'
import { type Services, withServices } from '../subject/services.ts'
import { createNameIndexes, createUsers } from '../subject/users.ts'
import { withSession } from '../subject/with-session.ts'

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
      const write = await measureWrites(bench, services, async () => {
        for (const table of tables) await createNameIndexes(session.client, table)
        await session.client.query('CHECKPOINT')
      })
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
      twenty_rows_ratio: ratioOfMedians(many.ours, many.plain),
      twenty_rows_ours_us: many.ours,
      twenty_rows_plain_us: many.plain,
    },
  }
}

/** @param addIndexes on the columns under change: what they cost is the second column's, not ours, so it stands beside. */
async function measureWrites(
  bench: Bench,
  { ours, plain }: Services,
  addIndexes: () => Promise<void>,
): Promise<Measurement> {
  const update = await callLatencies(
    { ours: ours.update, plain: plain.update, withoutReturning: plain.updateWithoutReturning },
    bench,
  )
  const insert = await callLatencies({ ours: ours.insert, plain: plain.insert }, bench)
  await addIndexes()
  const indexed = await callLatencies({ ours: ours.update, plain: plain.update }, bench)
  return {
    row: rows.write,
    value: ratioOfMedians(update.ours, update.plain),
    raw: {
      ours_us: update.ours,
      plain_us: update.plain,
      plain_without_returning_us: update.withoutReturning,
      insert_ratio: ratioOfMedians(insert.ours, insert.plain),
      insert_ours_us: insert.ours,
      insert_plain_us: insert.plain,
      indexed_ratio: ratioOfMedians(indexed.ours, indexed.plain),
      indexed_ours_us: indexed.ours,
      indexed_plain_us: indexed.plain,
    },
  }
}
