import type { ClientBase } from 'pg'
import type { Session } from '../../src/control/session.ts'
import { verifyChange } from '../../src/verify/index.ts'
import type { Bench } from '../harness/bench.ts'
import type { Group, Measurement, Row } from '../harness/group.ts'
import { interleave } from '../harness/interleave.ts'
import { median, ratioOfMedians } from '../harness/statistics.ts'
import { milliseconds } from '../harness/stopwatch.ts'
import { installRename, rename } from '../subject/rename.ts'
import { createUsers } from '../subject/users.ts'
import { withSession } from '../subject/with-session.ts'

const sameRow: Row = {
  name: 'verify.same_row',
  compares: 'Speed of a verification, against a bare query that counts what differs in the same ranges',
  unit: '× raw',
  target: { atLeast: 0.8 },
}

/** As many as a verification takes by default. */
const rangeRows = 50_000

async function* measure(bench: Bench): AsyncIterable<Measurement> {
  const { rows, rounds } = bench
  const url = await bench.createDatabase()
  yield await withSession(url, async (session) => {
    await createUsers(session.client, { table: 'users', rows, columns: 'both', indexed: true })
    await installRename(session, 'dual-write')
    const variants = {
      ours: () => milliseconds(() => verifyWithUs(session, rows)),
      raw: () => milliseconds(() => compareInRanges(session.client, rows)),
      fetched: () => milliseconds(() => compareInNode(session.client, rows)),
    }
    await interleave(variants, 1)
    const { ours, raw, fetched } = await interleave(variants, rounds)
    const rowsPerSecond = (times: readonly number[]) => (rows * 1000) / median(times)
    return {
      row: sameRow,
      value: ratioOfMedians(raw, ours),
      raw: {
        ours_rows_per_s: rowsPerSecond(ours),
        raw_rows_per_s: rowsPerSecond(raw),
        fetched_to_node_rows_per_s: rowsPerSecond(fetched),
        times_as_fast_as_fetched_to_node: ratioOfMedians(fetched, ours),
        ours_ms: ours,
        raw_ms: raw,
        fetched_to_node_ms: fetched,
      },
    }
  })
  await bench.dropDatabase(url)
}

export default { rows: [sameRow], measure } satisfies Group

async function verifyWithUs(session: Session, expected: number): Promise<void> {
  const { outcome, rows } = await verifyChange(session, rename.change, rename.sides, { rangeRows })
  if (outcome !== 'verified' || rows !== expected) throw new Error(`The verification ended as "${outcome}".`)
}

async function compareInRanges(client: ClientBase, rows: number): Promise<void> {
  for (const values of ranges(rows)) {
    const { rows: counts } = await client.query<{ differing: string }>({
      name: 'raw_range',
      text: `SELECT count(*), count(name), count(full_name), count(*) FILTER (WHERE full_name IS DISTINCT FROM name) AS differing
               FROM users WHERE id BETWEEN $1 AND $2`,
      values,
    })
    if (counts[0]!.differing !== '0') throw new Error('The raw query found a difference where there is none.')
  }
}

/** What a script would do: fetch both columns, in the same ranges, and compare them here. */
async function compareInNode(client: ClientBase, rows: number): Promise<void> {
  for (const values of ranges(rows)) {
    const { rows: fetched } = await client.query<{ name: string; full_name: string | null }>({
      name: 'fetched_range',
      text: 'SELECT id, name, full_name FROM users WHERE id BETWEEN $1 AND $2',
      values,
    })
    if (fetched.some((row) => row.name !== row.full_name)) throw new Error('A difference where there is none.')
  }
}

function* ranges(rows: number): Iterable<readonly [first: number, last: number]> {
  for (let first = 1; first <= rows; first += rangeRows) yield [first, first + rangeRows - 1]
}
