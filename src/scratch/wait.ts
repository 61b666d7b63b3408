import { setTimeout as delay } from 'node:timers/promises'

/** Polls until `condition` returns something other than undefined or false; returns undefined once the time is up. */
export async function poll<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  timing: { readonly timeoutMs: number; readonly intervalMs: number },
): Promise<T | undefined> {
  const deadline = performance.now() + timing.timeoutMs
  while (true) {
    const result = await condition()
    if (result !== undefined && result !== false) return result
    if (performance.now() >= deadline) return undefined
    await delay(timing.intervalMs)
  }
}
