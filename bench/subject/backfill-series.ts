import type { ClientBase } from 'pg'
import { progressLine, runBackfill } from '../../src/backfill/index.ts'
import type { Session } from '../../src/control/session.ts'
import { removeSync } from '../../src/sync/index.ts'
import type { Bench } from '../harness/bench.ts'
import { interleave } from '../harness/interleave.ts'
import { milliseconds } from '../harness/stopwatch.ts'
import { installRename, rename } from './rename.ts'
import { createUsers } from './users.ts'
import { withSession } from './with-session.ts'

/** What one fill of the whole table took. */
export interface Fill {
  readonly ms: number
  readonly walBytes: number
  /** A second fill, right after the first one: it meets the row versions that the first one left behind. */
  readonly againAtOnceMs: number
  /** A third one, after a vacuum. */
  readonly againMs: number
  /** The largest heap of this process meanwhile. */
  readonly heapBytes: number
}

export interface Series {
  readonly rows: number
  readonly ours: readonly Fill[]
  readonly raw: readonly Fill[]
  readonly rawWithoutTrigger: readonly Fill[]
}

/**
 * Makes a database with a table in dual-write, its new column empty; to be copied for each measurement, so that all of
 * them find the same pages, indexes and statistics.
 */
export async function createTemplate(bench: Bench, rows: number): Promise<string> {
  const url = await bench.createDatabase()
  await withSession(url, async (session) => {
    await createUsers(session.client, { table: 'users', rows, columns: 'old', indexed: true })
    await installRename(session, 'dual-write')
  })
  return url
}

/** Does something with a copy of a database of its own, right after a checkpoint, and drops it. */
export async function onFreshCopy<Result>(
  bench: Bench,
  template: string,
  work: (session: Session, url: string) => Promise<Result>,
): Promise<Result> {
  const url = await bench.createDatabase({ template })
  try {
    return await withSession(url, async (session) => {
      await session.client.query('CHECKPOINT')
      return work(session, url)
    })
  } finally {
    await bench.dropDatabase(url)
  }
}

/** Fills tables of so many rows with our backfill, with the raw loop, and with the raw loop and no sync trigger. */
export async function fillSeries(bench: Bench, rows: number): Promise<Series> {
  const template = await createTemplate(bench, rows)
  const fill = (prepare: (session: Session) => Promise<void>, run: (session: Session) => Promise<void>) => () =>
    onFreshCopy(bench, template, async (session) => {
      await prepare(session)
      return measured(session, () => run(session))
    })
  const rawLoop = ({ client }: Session) => fillRaw(client, rows)
  const series = await interleave(
    {
      ours: fill(async () => {}, fillOurs),
      raw: fill(async () => {}, rawLoop),
      rawWithoutTrigger: fill(dropTrigger, rawLoop),
    },
    bench.rounds,
  )
  await bench.dropDatabase(template)
  return { rows, ...series }
}

async function measured(session: Session, fill: () => Promise<void>): Promise<Fill> {
  const heap = watchHeap()
  const walBefore = await walPosition(session.client)
  const ms = await milliseconds(fill)
  const walBytes = (await walPosition(session.client)) - walBefore
  const againAtOnceMs = await milliseconds(fill)
  await session.client.query('VACUUM users')
  return { ms, walBytes, againAtOnceMs, againMs: await milliseconds(fill), heapBytes: heap.stop() }
}

/** `restart`, since a finished run that stands would be left alone. The progress is written as a terminal would show it. */
async function fillOurs(session: Session): Promise<void> {
  let line = ''
  const { outcome } = await runBackfill(session, rename.change, rename.sides, {
    restart: true,
    onProgress: (progress) => {
      line = progressLine(progress)
    },
  })
  if (outcome !== 'done' || line === '') throw new Error(`The backfill ended as "${outcome}".`)
}

const rawPageRows = 1_000

/** The raw limit L of the targets: a bare loop by key ranges, a prepared statement for each, and nothing remembered. */
async function fillRaw(client: ClientBase, rows: number): Promise<void> {
  for (let first = 1; first <= rows; first += rawPageRows) {
    await client.query({
      name: 'raw_page',
      text: `UPDATE users SET full_name = name WHERE id BETWEEN $1 AND $2 AND full_name IS DISTINCT FROM name`,
      values: [first, first + rawPageRows - 1],
    })
  }
}

async function dropTrigger({ client }: Session): Promise<void> {
  for (const statement of removeSync(rename.change, rename.sides)) await client.query(statement)
}

async function walPosition(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS bytes`,
  )
  return rows[0]!.bytes
}

function watchHeap(): { stop(): number } {
  let largest = 0
  const look = () => {
    largest = Math.max(largest, process.memoryUsage().heapUsed)
  }
  const timer = setInterval(look, 50)
  return {
    stop() {
      clearInterval(timer)
      look()
      return largest
    },
  }
}
