import type { ClientBase } from 'pg'
import { printable } from './printable.ts'

/** A transaction of this database that is under way. */
export interface OpenTransaction {
  /** Names it for as long as it runs; the next one of the same session has another. */
  readonly virtualxid: string
  readonly pid: number
  readonly application: string
  readonly role: string
  /** `active`, `idle in transaction` …; null where this role may not see it. */
  readonly state: string | null
  /** How long it has been open; null where this role may not see it. */
  readonly ageMs: number | null
}

/** A transaction that has been prepared and waits, without a session, to be committed or rolled back. */
export interface PreparedTransaction {
  readonly gid: string
  readonly role: string
  readonly ageMs: number
}

/**
 * The transactions of other sessions of this database, with or without a transaction id: one that has not written yet
 * has no id and no snapshot either while it is idle, and may still write by what it has decided. Reads `pg_locks`, where
 * each holds its virtual id, which every role may see.
 *
 * Left out are those that never write a row: autovacuum workers (background processes without a user) and walsenders,
 * which decode for subscribers. Apply workers of a subscription and jobs of extensions are sessions like any other.
 * A worker of a parallel query ends before the query does, so it changes nothing that it is listed.
 */
export async function openTransactions(client: ClientBase): Promise<readonly OpenTransaction[]> {
  // Within a transaction the server answers from the sessions that it saw first, and would leave out newer ones.
  await client.query('SELECT pg_stat_clear_snapshot()')
  const { rows } = await client.query<OpenTransaction>(
    `SELECT lock.virtualxid, lock.pid, activity.application_name AS application, activity.usename::text AS role,
            activity.state, (extract(epoch FROM clock_timestamp() - activity.xact_start) * 1000)::float8 AS "ageMs"
       FROM pg_locks AS lock
       JOIN pg_stat_activity AS activity ON activity.pid = lock.pid
      WHERE lock.locktype = 'virtualxid' AND lock.mode = 'ExclusiveLock' AND lock.granted
        AND activity.datname = current_database() AND activity.usesysid IS NOT NULL
        AND lock.pid <> pg_backend_pid()
        AND lock.pid NOT IN (SELECT pid FROM pg_stat_replication)
      ORDER BY activity.xact_start, lock.pid`,
  )
  return rows
}

/** The prepared transactions of this database, which every role may see. */
export async function preparedTransactions(client: ClientBase): Promise<readonly PreparedTransaction[]> {
  const { rows } = await client.query<PreparedTransaction>(
    `SELECT gid, owner::text AS role, (extract(epoch FROM clock_timestamp() - prepared) * 1000)::float8 AS "ageMs"
       FROM pg_prepared_xacts
      WHERE database = current_database()
      ORDER BY prepared`,
  )
  return rows
}

/** A transaction in words, for people. Never what it does: the text of a query holds values. */
export function describeOpen({ pid, application, role, state, ageMs }: OpenTransaction): string {
  const what =
    ageMs === null
      ? 'its age is not visible to this role (`GRANT pg_read_all_stats` shows it)'
      : `${state ?? 'open'}, for ${seconds(ageMs)}`
  return `transaction of pid ${pid} (${name(application)}, role "${role}"): ${what}`
}

/** With both ways to end it: which one is right, only its owner knows. */
export function describePrepared({ gid, role, ageMs }: PreparedTransaction): string {
  const quoted = `'${printable(gid).replaceAll("'", "''")}'`
  return `prepared transaction ${quoted} (role "${role}", ${seconds(ageMs)} old): \`COMMIT PREPARED ${quoted}\` or \`ROLLBACK PREPARED ${quoted}\` ends it`
}

function name(application: string): string {
  return application === '' ? 'no application name' : `"${printable(application)}"`
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.floor(ms / 1000))} s`
}
