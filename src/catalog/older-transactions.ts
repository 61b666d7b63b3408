import type { ClientBase } from 'pg'

/**
 * Open transactions of this database that began before a moment, one line each. Ages of other roles' transactions need
 * `pg_monitor`; without it PostgreSQL hides them, and they are named as unknown rather than left out.
 */
export async function olderTransactions(client: ClientBase, before: Date): Promise<readonly string[]> {
  const { rows } = await client.query<{ pid: number; application: string | null; age: string | null }>(
    `SELECT a.pid, nullif(a.application_name, '') AS application,
            extract(epoch FROM now() - a.xact_start)::int::text AS age
       FROM pg_stat_activity a
      WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
        AND (a.xact_start < $1 OR (a.state IS NULL AND a.query = '<insufficient privilege>'))
      ORDER BY a.xact_start
      LIMIT 20`,
    [before],
  )
  return rows.map(
    ({ pid, application, age }) =>
      `the transaction of pid ${pid} (${application ?? 'no application name'}, ${age === null ? 'age not visible to this role' : `open for ${age} s`})`,
  )
}
