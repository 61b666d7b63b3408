import type { Pool } from 'pg'
import { labApplication } from './site.ts'

/** The sessions of a database in words: what each does, for how long, and whom it waits for. */
export async function sessions(admin: Pool): Promise<string> {
  const { rows } = await admin.query<{ words: string }>(
    `SELECT format('%s (pid %s) %s for %s s, waits for %s %s', application_name, pid, state,
                   extract(epoch FROM clock_timestamp() - state_change)::int, coalesce(wait_event, 'nothing'),
                   pg_blocking_pids(pid)) AS words
       FROM pg_stat_activity
      WHERE datname = current_database() AND application_name <> $1 ORDER BY state_change`,
    [labApplication],
  )
  return rows.map(({ words }) => words).join('; ')
}
