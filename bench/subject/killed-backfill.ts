import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ClientBase } from 'pg'
import { runBackfill } from '../../src/backfill/index.ts'
import type { Bench } from '../harness/bench.ts'
import { onFreshCopy } from './backfill-series.ts'
import { rename } from './rename.ts'
import { withSession } from './with-session.ts'

export interface Kill {
  /** How much of the table was filled when the process was killed. */
  readonly atPercent: number
  /** How much was written more than once, in pages. */
  readonly redonePages: number
}

const pagesOfTable = 50

/**
 * Kills a process in the middle of its backfill with SIGKILL, lets another one finish, and counts the rows that both of
 * them wrote: PostgreSQL counts every row version, those of transactions that were undone as well.
 */
export async function killBackfill(bench: Bench, template: string, rows: number): Promise<Kill> {
  const pageRows = Math.ceil(rows / pagesOfTable)
  const killAtPage = Math.round(pagesOfTable * (0.2 + 0.6 * Math.random()))
  return onFreshCopy(bench, template, async ({ client }, url) => {
    const writtenBefore = await rowsWritten(client)
    await runUntilKilled(client, url, pageRows, killAtPage)
    const filled = await rowsFilled(client)
    await finish(url, pageRows, rows)
    await untilGone(client, 'bench')
    const written = (await rowsWritten(client)) - writtenBefore
    return { atPercent: (filled * 100) / rows, redonePages: (written - rows) / pageRows }
  })
}

async function runUntilKilled(client: ClientBase, url: string, pageRows: number, page: number): Promise<void> {
  const application = 'bench, to be killed'
  const file = fileURLToPath(new URL('backfill-process.ts', import.meta.url))
  const worker = spawn(process.execPath, [file, url, application, String(pageRows)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(worker, 'exit')
  for await (const line of createInterface({ input: worker.stdout })) {
    if (Number(line) >= page) worker.kill('SIGKILL')
  }
  const [, signal] = await exited
  if (signal !== 'SIGKILL') throw new Error('The backfill ended before it could be killed.')
  await untilGone(client, application)
}

async function finish(url: string, pageRows: number, rows: number): Promise<void> {
  await withSession(url, async (session) => {
    const { outcome, resumed, rowsSeen } = await runBackfill(session, rename.change, rename.sides, { pageRows })
    const filled = await rowsFilled(session.client)
    if (outcome !== 'done' || !resumed || rowsSeen !== rows || filled !== rows) {
      throw new Error(`The backfill went on as "${outcome}" and left ${filled} of ${rows} rows filled.`)
    }
  })
}

/** A session that ends has handed in what it counted. Our own, whose pid asks, does not count. */
async function untilGone(client: ClientBase, application: string): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()`,
      [application],
    )
    if (rowCount === 0) return
    await delay(5)
  }
}

async function rowsWritten(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT n_tup_upd::float8 AS n FROM pg_stat_user_tables WHERE relname = 'users'`,
  )
  return rows[0]!.n
}

async function rowsFilled(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    'SELECT count(*)::float8 AS n FROM users WHERE full_name IS NOT DISTINCT FROM name',
  )
  return rows[0]!.n
}
