import { setTimeout as sleep } from 'node:timers/promises'

const everyMs = 20

/** Waits for something to become true. @throws Error that says what was waited for. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  { timeoutMs = 30_000 } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`${what}: not after ${timeoutMs / 1_000} s`)
    await sleep(everyMs)
  }
}
