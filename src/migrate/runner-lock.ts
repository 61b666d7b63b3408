import { setTimeout as delay } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import { requireDirect, type Session } from '../control/session.ts'
import { failure } from '../errors/index.ts'
import type { MigrationInput } from './input.ts'

/** The first eight bytes of sha256('expand_contract migrate'), as PostgreSQL's bigint. */
const runnerLock = '-7479350868237883425'

const defaultWaitMs = 600_000
const pollEveryMs = 100

/**
 * Runs `work` while no other runner is at work on the database: an advisory lock of the session, which PostgreSQL gives
 * back by itself where the process dies. Blocks nobody but other runners.
 *
 * @throws ExpandContractError EC_POOLED_CONNECTION, EC_MIGRATION_RUNNING naming the other runner's process.
 */
export async function withRunnerLock<Result>(
  session: Session,
  { onEvent, signal, waitForRunnerMs = defaultWaitMs }: MigrationInput,
  work: () => Promise<Result>,
): Promise<Result> {
  requireDirect(session, 'keeping two migration runners apart (an advisory lock lasts for a session)')
  const { client } = session
  const started = performance.now()
  let told: string | undefined
  while (!(await tryLock(client))) {
    const holder = await holderOf(client)
    const waitedMs = performance.now() - started
    if (waitedMs >= waitForRunnerMs) throw failure('EC_MIGRATION_RUNNING', { holder, waitedMs })
    if (holder !== told) onEvent?.({ kind: 'waiting', holder })
    told = holder
    await delay(pollEveryMs, undefined, signal === undefined ? {} : { signal })
  }
  try {
    return await work()
  } finally {
    // A connection that broke has given the lock back already.
    await client.query(`SELECT pg_advisory_unlock(${runnerLock})`).catch(() => undefined)
  }
}

async function tryLock(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${runnerLock}) AS locked`)
  return rows[0]!.locked
}

/** `pid 812 (expand-contract)`. The lock's number stands in pg_locks as two halves. */
async function holderOf(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ pid: number; application: string | null }>(
    `SELECT l.pid, nullif(a.application_name, '') AS application
       FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (l.classid::bigint << 32) + l.objid::bigint = ${runnerLock}`,
  )
  const [holder] = rows
  return holder === undefined
    ? 'a runner that has just ended'
    : `pid ${holder.pid} (${holder.application ?? 'no application name'})`
}
