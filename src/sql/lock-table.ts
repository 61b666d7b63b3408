import { setTimeout as delay } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import { errorCode, failure } from '../errors/index.ts'
import { BlockerWatch, type LockRequest } from './blocker-watch.ts'
import { conflictingOn, readBlockers, type TableLockMode } from './blockers.ts'
import { type QualifiedName, qualified } from './identifier.ts'
import { lockOutPins, type Pin, pinnedBy } from './pin.ts'

/** How a table lock is sought. All times in milliseconds. */
export interface LockPolicy {
  /** Pause between two attempts. A longer one lets more time pass between the end of a blocker and our turn. */
  readonly probeEveryMs: number
  /**
   * Bounds of the time, drawn at random, for which an attempt may queue under saturation. All traffic on the table waits
   * with it, and a blocker seen for longer than the upper bound is never queued behind.
   */
  readonly queueMs: readonly [shortest: number, longest: number]
}

/**
 * Measured: probing lets the longest gap of a service behind a 4 s transaction be 8 ms, where a plain `lock_timeout` makes
 * it wait for the timeout at each try. Under saturation a probe never meets a moment without writers, and queueing for
 * 10 to 50 ms needs one try.
 */
export const lockPolicy: LockPolicy = { probeEveryMs: 20, queueMs: [10, 50] }

export interface TableLocks<Result> {
  /** Locked together and in this order, with their partitions; a parent comes before its child. None: no lock is taken. */
  readonly tables: readonly QualifiedName[]
  readonly mode: TableLockMode
  /** Tables that `work` locks by itself; they are not locked before it, and named in reports. */
  readonly lockedByWork?: readonly QualifiedName[] | undefined
  /** Closed after `before` and ahead of the tables: whoever holds it is waited for as those are who hold a table. */
  readonly pin?: Pin | undefined
  /** What comes before the table locks in the same transaction, such as the lock of the change's row. Runs at every attempt. */
  readonly before?: (() => Promise<unknown>) | undefined
  /**
   * What needs the locks. While it runs, writers wait. It runs again where a lock that it takes itself is not to be had
   * at once, so it has no effects outside the transaction.
   */
  readonly work: () => Promise<Result>
  /** How long to try, in milliseconds. Default: 30 seconds. */
  readonly totalMs?: number | undefined
  /** Gives up between two attempts. */
  readonly signal?: AbortSignal | undefined
  /** Told after every failed attempt who is in the way. */
  readonly onBlocked?: ((blockers: readonly string[]) => void) | undefined
  readonly policy?: LockPolicy | undefined
}

/** How long an attempt waits for the rows that `before` locks. Nobody queues behind it there but other operators. */
const rowLockTimeoutMs = 500

/** Where no limit is given, in milliseconds. */
export const defaultTotalMs = 30_000

/** Lock not available, and a deadlock that PostgreSQL resolved at our expense: nothing was done, and another attempt may succeed. */
const retryable = new Set(['55P03', '40P01'])

/**
 * Runs `work` in a transaction that holds table locks, without making traffic queue behind us while others hold them.
 *
 * A lock request that waits makes everybody wait who comes after it. So each attempt is a whole transaction that asks
 * with NOWAIT and, refused, ends and leaves nothing behind, not even the lock of the change's row. Only where all that
 * is in the way is short transactions that never leave a gap does an attempt queue, for at most `policy.queueMs`; and
 * where an autovacuum worker is in the way and the role may, PostgreSQL is told to cancel it at once.
 *
 * The transaction is READ COMMITTED whatever the default: what it reads after a wait has to be what the others left.
 *
 * @throws ExpandContractError EC_LOCK_TIMEOUT with the blockers; whatever `before` and `work` throw, after a rollback.
 */
export async function withTableLocks<Result>(client: ClientBase, locks: TableLocks<Result>): Promise<Result> {
  const { totalMs = defaultTotalMs, policy = lockPolicy, signal, tables, lockedByWork = [], pin, mode } = locks
  const started = performance.now()
  const watch = new BlockerWatch(policy.queueMs)
  const inTheWay = [conflictingOn([...tables, ...lockedByWork], mode), ...(pin === undefined ? [] : [pinnedBy(pin)])]
  let mayCancelAutovacuum: boolean | undefined
  let sought = ''
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await attempt(client, locks, watch.nextRequest(mayCancelAutovacuum ?? false), (lock) => {
        sought = lock
      })
    } catch (error) {
      if (!retryable.has(errorCode(error) ?? '')) throw error
    }
    watch.observe(await readBlockers(client, inTheWay), performance.now())
    if (watch.autovacuumIsInTheWay) mayCancelAutovacuum ??= await maySetDeadlockTimeout(client)
    locks.onBlocked?.(watch.descriptions)
    const waitedMs = performance.now() - started
    if (waitedMs + policy.probeEveryMs > totalMs) {
      throw failure('EC_LOCK_TIMEOUT', { lock: sought, waitedMs, blockers: watch.descriptions })
    }
    await delay(policy.probeEveryMs, undefined, signal === undefined ? {} : { signal })
  }
}

/** @param seek told in words which lock is sought next. */
async function attempt<Result>(
  client: ClientBase,
  locks: TableLocks<Result>,
  request: LockRequest,
  seek: (lock: string) => void,
): Promise<Result> {
  const { pin, tables, lockedByWork = [] } = locks
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED')
  try {
    await client.query(`SET LOCAL lock_timeout = ${rowLockTimeoutMs}`)
    seek('a row of table "expand_contract"."changes"')
    await locks.before?.()
    if (pin !== undefined) {
      seek(pin.keeps)
      await lockOutWithinTimeout(client, pin, request)
    }
    const allTables = [...tables, ...lockedByWork]
    if (allTables.length > 0) seek(`table ${allTables.map(qualified).join(', ')}`)
    if (tables.length > 0) await lockTables(client, locks, request)
    const result = await locks.work()
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined) // a connection that broke has nothing to roll back
    throw error
  }
}

/** Locks out those that pin, or raises 55P03. */
async function lockOutWithinTimeout(client: ClientBase, pin: Pin, { queueMs }: LockRequest): Promise<void> {
  // Advisory locks that raise have no NOWAIT; a millisecond comes close.
  await client.query(`SET LOCAL lock_timeout = ${Math.ceil(queueMs || 1)}`)
  await lockOutPins(client, pin)
}

/** Takes the locks, or raises 55P03. The timeout stays for what `work` locks besides. */
async function lockTables(
  client: ClientBase,
  { tables, mode, policy = lockPolicy }: Pick<TableLocks<unknown>, 'tables' | 'mode' | 'policy'>,
  { queueMs, cancelAutovacuum }: LockRequest,
): Promise<void> {
  // A worker is cancelled once its waiter has looked for a deadlock; one that prevents wraparound is not.
  if (cancelAutovacuum) await client.query(`SET LOCAL deadlock_timeout = '1ms'`)
  const nowait = queueMs === 0 ? ' NOWAIT' : ''
  await client.query(`SET LOCAL lock_timeout = ${Math.ceil(queueMs || policy.queueMs[0])}`)
  await client.query(`LOCK TABLE ${tables.map(qualified).join(', ')} IN ${mode} MODE${nowait}`)
}

/** Superusers may, and roles that were granted it (PostgreSQL 15). */
async function maySetDeadlockTimeout(client: ClientBase): Promise<boolean> {
  try {
    await client.query(`SELECT set_config('deadlock_timeout', current_setting('deadlock_timeout'), false)`)
    return true
  } catch (error) {
    if (errorCode(error) === '42501') return false
    throw error
  }
}
