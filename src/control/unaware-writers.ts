import type { ClientBase } from 'pg'
import { defaultScope } from '../../schema/namespace.ts'

/** Sessions that wrote old alone within a window, the latest first, one line per application, role and address. */
export async function unawareWritersWithin(
  client: ClientBase,
  changeId: string,
  windowMs: number,
): Promise<readonly string[]> {
  const { rows } = await client.query<{
    application: string
    role: string
    client: string | null
    pid: number
    ago: string
  }>(
    `SELECT application, role, host(client) AS client, max(pid) AS pid, extract(epoch FROM now() - max(at))::int::text AS ago
       FROM expand_contract.unaware_writers
      WHERE scope = $1 AND change_id = $2 AND side = 'old' AND at > now() - make_interval(secs => $3)
      GROUP BY application, role, client
      ORDER BY max(at) DESC
      LIMIT 20`,
    [defaultScope, changeId, windowMs / 1000],
  )
  return rows.map(
    ({ application, role, client: address, pid, ago }) =>
      `"${application || 'a session without application name'}" (role "${role}"${address === null ? '' : `, ${address}`}, pid ${pid}, ${ago} s ago)`,
  )
}

/** At most this many lines leave at once, so that nobody waits for it long. */
const prunedAtOnce = 10_000

/** The report looks back for the soak, which may be none; then still for as long as a session takes to be named again. */
const shortestMemory = '1 hour'

/**
 * Deletes lines that no report needs: those that a later one of the same writer stands for, and those older than the
 * longest soak. Without this a session that keeps writing would leave one every two seconds, for ever.
 *
 * @returns how many were deleted.
 */
export async function pruneUnawareWriters(client: ClientBase): Promise<number> {
  const { rowCount } = await client.query(
    `DELETE FROM expand_contract.unaware_writers WHERE number IN (
       SELECT number FROM expand_contract.unaware_writers AS line
        WHERE scope = $1
          AND (at < now() - (SELECT greatest(max(soak_ms) * interval '1 millisecond', $3::interval)
                              FROM expand_contract.changes WHERE scope = $1)
            OR EXISTS (SELECT FROM expand_contract.unaware_writers AS later
                        WHERE (later.scope, later.change_id, later.side) = (line.scope, line.change_id, line.side)
                          AND (later.role, later.application) = (line.role, line.application)
                          AND later.client IS NOT DISTINCT FROM line.client
                          AND (later.at, later.number) > (line.at, line.number)))
        ORDER BY number LIMIT $2)`,
    [defaultScope, prunedAtOnce, shortestMemory],
  )
  return rowCount ?? 0
}
