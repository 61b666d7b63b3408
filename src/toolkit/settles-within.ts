import { setTimeout as sleep } from 'node:timers/promises'

/** True once `work` has settled, either way; false where that takes longer than `limitMs`. */
export async function settlesWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const limit = new AbortController()
  const settled = work.then(
    () => true,
    () => true,
  )
  const tooLate = sleep(limitMs, false, { signal: limit.signal }).catch(() => false)
  try {
    return await Promise.race([settled, tooLate])
  } finally {
    limit.abort()
  }
}
