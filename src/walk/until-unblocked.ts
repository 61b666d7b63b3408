import { setTimeout as delay } from 'node:timers/promises'
import { errorCode, failure } from '../errors/index.ts'

export interface Patience {
  /** The table, quoted, for the error. */
  readonly table: string
  /** How long to try without success, in milliseconds. */
  readonly patienceMs: number
  readonly signal?: AbortSignal | undefined
  /** Asked after every attempt that failed: who is in the way. */
  readonly readBlockers: () => Promise<readonly string[]>
  readonly onBlocked?: ((blockers: readonly string[]) => void) | undefined
}

/**
 * How long a walk waits for one lock, in milliseconds. Shorter than PostgreSQL's `deadlock_timeout` of a second, so that in
 * a circle of waiting transactions it is the walk that gives way and not a request of the service.
 */
export const lockTimeoutMs = 250

/** How long a walk tries to get past a lock, where nothing else is said, in milliseconds. */
export const defaultPatienceMs = 60_000

/** Lock not available, deadlock, serialization failure: the transaction is undone, and another attempt may succeed. */
const passing = new Set(['55P03', '40P01', '40001'])

const longestPauseMs = 1_000

/**
 * Tries a transaction until no lock is in its way, with growing pauses of random length; between attempts it holds no lock.
 *
 * @throws ExpandContractError EC_LOCK_TIMEOUT with the blockers; whatever else `attempt` throws.
 */
export async function untilUnblocked<Result>(attempt: () => Promise<Result>, patience: Patience): Promise<Result> {
  const { table, patienceMs, signal, readBlockers, onBlocked } = patience
  const started = performance.now()
  for (let tries = 1; ; tries += 1) {
    signal?.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (!passing.has(errorCode(error) ?? '')) throw error
    }
    const blockers = await readBlockers()
    onBlocked?.(blockers)
    const waitedMs = performance.now() - started
    if (waitedMs > patienceMs) throw failure('EC_LOCK_TIMEOUT', { lock: `table ${table}`, waitedMs, blockers })
    const pauseMs = Math.min(longestPauseMs, 20 * 2 ** tries) * (0.5 + Math.random() / 2)
    await delay(pauseMs, undefined, signal === undefined ? {} : { signal })
  }
}

/** True for what `untilUnblocked` throws where the signal has ended it. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  if (!signal?.aborted) return false
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError')
}
