import { setTimeout as delay } from 'node:timers/promises'
import type { ClientBase, Pool } from 'pg'

/** The server process behind a client, as `pg_blocking_pids` and `pg_locks` name it. */
export async function backendPid(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]!.pid
}

/** Waits until `pid` waits for a lock that `holder` holds or is queued for. The test's own time limit ends it otherwise. */
export async function untilBlocked(pool: Pool, pid: number, holder: number): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ blocked: boolean }>('SELECT $2 = ANY (pg_blocking_pids($1)) AS blocked', [
      pid,
      holder,
    ])
    if (rows[0]!.blocked) return
    await delay(5)
  }
}
