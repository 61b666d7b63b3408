import type { ClientBase } from 'pg'
import type { Blocker } from './blockers.ts'
import { literal } from './identifier.ts'

/**
 * An advisory lock that many hold in shared mode for the length of a transaction, and one asks for in exclusive mode. It
 * is PostgreSQL's lock manager that queues them, first come, first served.
 */
export interface Pin {
  /** Of all pins of one kind. */
  readonly kind: number
  readonly name: string
}

/** Takes the lock in exclusive mode until the transaction ends; `lock_timeout` bounds the wait. */
export async function lockOutPins(client: ClientBase, pin: Pin): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(${keyOf(pin)})`)
}

/** Who holds it, or waits for it ahead of us. */
export async function readPinHolders(client: ClientBase, pin: Pin): Promise<readonly Blocker[]> {
  const { rows } = await client.query<Blocker>(
    `SELECT DISTINCT ON (lock.virtualtransaction, lock.pid)
       lock.virtualtransaction AS transaction, lock.pid, false AS "isAutovacuum",
       activity.application_name AS application, activity.state,
       (extract(epoch FROM clock_timestamp() - activity.xact_start) * 1000)::float8 AS "ageMs"
     FROM (SELECT ${keyOf(pin)}) AS pin(kind, name)
     JOIN pg_locks AS lock ON lock.locktype = 'advisory' AND lock.objsubid = 2
       AND lock.classid::bigint = pin.kind::bigint & 4294967295 AND lock.objid::bigint = pin.name::bigint & 4294967295
       AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
     LEFT JOIN pg_stat_activity AS activity ON activity.pid = lock.pid
     WHERE lock.pid IS DISTINCT FROM pg_backend_pid()
     ORDER BY lock.virtualtransaction, lock.pid`,
  )
  return rows
}

function keyOf({ kind, name }: Pin): string {
  return `${kind}, hashtext(${literal(name)})`
}
