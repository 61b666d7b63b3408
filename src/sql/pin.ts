import type { ClientBase } from 'pg'
import { advisory, type LockCondition } from './blockers.ts'
import { literal } from './identifier.ts'

/**
 * An advisory lock that many hold in shared mode for the length of a transaction, and one asks for in exclusive mode. It
 * is PostgreSQL's lock manager that queues them, first come, first served.
 */
export interface Pin {
  /** Of all pins of one kind. */
  readonly kind: number
  readonly name: string
  /** What is kept in place while it is held, for people. */
  readonly keeps: string
}

/** Takes the lock in exclusive mode until the transaction ends; `lock_timeout` bounds the wait. */
export async function lockOutPins(client: ClientBase, { kind, name }: Pin): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(${kind}, ${hashOf(name)})`)
}

/** Those who hold it, or wait for it. */
export function pinnedBy({ kind, name }: Pin): LockCondition {
  return advisory(String(kind), hashOf(name))
}

function hashOf(name: string): string {
  return `hashtext(${literal(name)})`
}
