import type { ClientBase } from 'pg'
import { type QualifiedName, qualified } from './identifier.ts'

/** Table locks that DDL takes. Each conflicts with everything from one strength upwards. */
export type TableLockMode = 'SHARE UPDATE EXCLUSIVE' | 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE'

/** A transaction that holds a conflicting lock on a table, or waits for one ahead of us. */
export interface Blocker {
  /** Names the transaction as long as it runs; another one of the same session has another name. */
  readonly transaction: string
  /** Null for a prepared transaction, which no process runs. */
  readonly pid: number | null
  /** An autovacuum worker, which gives way to whoever waits for longer than `deadlock_timeout`. */
  readonly isAutovacuum: boolean
  readonly application: string | null
  /** `active`, `idle in transaction` …; null where the role may not see it (`pg_read_all_stats`). */
  readonly state: string | null
  /** How long the transaction has been open; null where the role may not see it. */
  readonly ageMs: number | null
}

const strengths = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
] as const

const weakestConflict: Readonly<Record<TableLockMode, (typeof strengths)[number]>> = {
  'SHARE UPDATE EXCLUSIVE': 'ShareUpdateExclusiveLock',
  'SHARE ROW EXCLUSIVE': 'RowExclusiveLock',
  'ACCESS EXCLUSIVE': 'AccessShareLock',
}

/**
 * Who is in the way of a lock on the tables or their partitions. Takes no lock itself. Says nothing of what the
 * transactions do: the text of a query holds values.
 */
export async function readBlockers(
  client: ClientBase,
  tables: readonly QualifiedName[],
  mode: TableLockMode,
): Promise<readonly Blocker[]> {
  const { rows } = await client.query<Blocker>(
    `WITH relations AS (
       SELECT to_regclass(name)::oid AS relation FROM unnest($1::text[]) AS name
       UNION
       SELECT part.relid FROM unnest($1::text[]) AS name, pg_partition_tree(to_regclass(name)) AS part
     )
     SELECT DISTINCT ON (lock.virtualtransaction, lock.pid)
       lock.virtualtransaction AS transaction, lock.pid,
       -- Background workers have no user; of those only autovacuum locks tables. Its kind is hidden from other roles.
       lock.pid IS NOT NULL AND activity.usesysid IS NULL AS "isAutovacuum",
       activity.application_name AS application, activity.state,
       (extract(epoch FROM clock_timestamp() - activity.xact_start) * 1000)::float8 AS "ageMs"
     FROM relations
     JOIN pg_locks AS lock ON lock.relation = relations.relation
       AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
     LEFT JOIN pg_stat_activity AS activity ON activity.pid = lock.pid
     WHERE lock.locktype = 'relation' AND lock.mode = ANY ($2) AND lock.pid IS DISTINCT FROM pg_backend_pid()
     ORDER BY lock.virtualtransaction, lock.pid`,
    [tables.map(qualified), strengths.slice(strengths.indexOf(weakestConflict[mode]))],
  )
  return rows
}

/** A blocker in words, for people. */
export function describeBlocker({ pid, isAutovacuum, application, state, ageMs }: Blocker): string {
  if (pid === null) return 'a prepared transaction (see pg_prepared_xacts)'
  const name = isAutovacuum ? 'autovacuum worker' : application || 'no application name'
  const since = ageMs === null ? '' : ` for ${(ageMs / 1000).toFixed(1)} s`
  return `pid ${pid} (${name})${state === null && ageMs === null ? '' : `, ${state ?? 'open'}${since}`}`
}
