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
