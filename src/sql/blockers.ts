import type { ClientBase } from 'pg'
import { literal, type QualifiedName, qualified } from './identifier.ts'

/** Table locks that DDL takes. Each conflicts with everything from one strength upwards. */
export type TableLockMode = 'SHARE UPDATE EXCLUSIVE' | 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE'

/** A transaction that holds a conflicting lock, or waits for one ahead of us. */
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

/** Which locks are in the way: a condition on `lock`, a row of pg_locks, as SQL text. */
export type LockCondition = string

/** Locks of this database; those of transactions belong to none. */
const ofThisDatabase = 'lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())'

/** Locks that conflict with one on the tables, on them or on their partitions. */
export function conflictingOn(tables: readonly QualifiedName[], mode: TableLockMode): LockCondition {
  const relations = `unnest(ARRAY[${tables.map((table) => literal(qualified(table))).join(', ')}]::text[]) AS name`
  const modes = strengths.slice(strengths.indexOf(weakestConflict[mode])).map(literal).join(', ')
  return `lock.locktype = 'relation' AND ${ofThisDatabase} AND lock.mode IN (${modes}) AND lock.relation IN (
     SELECT to_regclass(name)::oid FROM ${relations}
     UNION
     SELECT part.relid FROM ${relations}, pg_partition_tree(to_regclass(name)) AS part)`
}

/** An advisory lock of two numbers, given as SQL; pg_locks shows them without their sign. */
export function advisory(kind: string, number: string): LockCondition {
  return `lock.locktype = 'advisory' AND ${ofThisDatabase} AND lock.objsubid = 2
     AND lock.classid::bigint = (${kind})::bigint & 4294967295 AND lock.objid::bigint = (${number})::bigint & 4294967295`
}

/**
 * Who holds a lock that meets one of the conditions, or waits for it ahead of us; each transaction once. Takes no lock
 * itself. Says nothing of what the transactions do: the text of a query holds values.
 */
export async function readBlockers(
  client: ClientBase,
  conditions: readonly LockCondition[],
): Promise<readonly Blocker[]> {
  const { rows } = await client.query<Blocker>(
    `SELECT DISTINCT ON (lock.virtualtransaction, lock.pid)
       lock.virtualtransaction AS transaction, lock.pid,
       -- Background workers have no user; of those only autovacuum locks tables. Its kind is hidden from other roles.
       lock.pid IS NOT NULL AND activity.usesysid IS NULL AS "isAutovacuum",
       activity.application_name AS application, activity.state,
       (extract(epoch FROM clock_timestamp() - activity.xact_start) * 1000)::float8 AS "ageMs"
     FROM pg_locks AS lock
     LEFT JOIN pg_stat_activity AS activity ON activity.pid = lock.pid
     WHERE lock.pid IS DISTINCT FROM pg_backend_pid() AND (${conditions.map((condition) => `(${condition})`).join(' OR ')})
     ORDER BY lock.virtualtransaction, lock.pid`,
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
