import type { ClientBase } from 'pg'
import type { Bench } from '../harness/bench.ts'
import type { Group, Measurement, Row } from '../harness/group.ts'
import { callLatencies } from '../harness/latency.ts'
import { ratioOfMedians } from '../harness/statistics.ts'
import { installRename } from '../subject/rename.ts'
import { createUsers, distinctNames, scatteredKey } from '../subject/users.ts'
import { withSession } from '../subject/with-session.ts'
import { withoutWaitingForDisk } from '../subject/without-waiting-for-disk.ts'

const agreeingRows: Row = {
  name: 'sync.agreeing_rows',
  compares: 'Latency of a prepared update of both columns by key, with the sync trigger and without',
  unit: '× no trigger',
  target: { atMost: 1.1 },
}

async function* measure(bench: Bench): AsyncIterable<Measurement> {
  const url = await bench.createDatabase()
  yield await withSession(url, async (session) => {
    const { client } = session
    for (const table of ['users', 'users_without_trigger'] as const) {
      await createUsers(client, { table, rows: bench.rows, columns: 'both' })
    }
    await installRename(session, 'dual-write')
    await client.query('CHECKPOINT')
    const variants = {
      trigger: (number: number) => updateBoth(client, 'users', number, bench.rows),
      none: (number: number) => updateBoth(client, 'users_without_trigger', number, bench.rows),
    }
    const durable = await callLatencies(variants, bench)
    const undelayed = await withoutWaitingForDisk(client, () => callLatencies(variants, bench))
    return {
      row: agreeingRows,
      value: ratioOfMedians(durable.trigger, durable.none),
      raw: {
        with_trigger_us: durable.trigger,
        without_trigger_us: durable.none,
        no_disk_wait_ratio: ratioOfMedians(undelayed.trigger, undelayed.none),
        no_disk_wait_with_trigger_us: undelayed.trigger,
        no_disk_wait_without_trigger_us: undelayed.none,
      },
    }
  })
  await bench.dropDatabase(url)
}

export default { rows: [agreeingRows], measure } satisfies Group

const nextName = distinctNames()

function updateBoth(client: ClientBase, table: string, number: number, rows: number): Promise<unknown> {
  return client.query({
    name: table,
    text: `UPDATE ${table} SET name = $1, full_name = $1 WHERE id = $2`,
    values: [nextName(), scatteredKey(number, rows)],
  })
}
