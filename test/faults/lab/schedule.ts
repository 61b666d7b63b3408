import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../../support/random.ts'
import type { Fault } from '../faults/fault.ts'
import type { Site } from './site.ts'

/** How often a fault is injected. */
export interface Rate {
  readonly fault: Fault
  readonly times: number
}

/** One injection: when, and the seed of everything that it chooses. */
interface Appointment {
  readonly atMs: number
  readonly fault: Fault
  readonly seed: number
}

/** Spreads faults over a span at random: the same seed, the same schedule. */
function schedule(random: Random, rates: readonly Rate[], spanMs: number): readonly Appointment[] {
  return rates
    .flatMap(({ fault, times }) =>
      Array.from({ length: times }, () => ({ atMs: random.below(spanMs), fault, seed: random.below(2 ** 31) })),
    )
    .sort((a, b) => a.atMs - b.atMs)
}

/**
 * Injects faults over a span while `work` goes on, and waits until all of it is over. A fault that takes longer holds up
 * no other; where `work` fails, what has not begun stays undone.
 *
 * @param work gets what tells it that the last fault is over.
 */
export async function underFaults<Result>(
  site: Site,
  rates: readonly Rate[],
  spanMs: number,
  work: (isOver: () => boolean) => Promise<Result>,
): Promise<Result> {
  const ending = new AbortController()
  let isOver = false
  const faults = keepAppointments(site, schedule(site.random, rates, spanMs), ending.signal).finally(() => {
    isOver = true
  })
  try {
    return await work(() => isOver)
  } catch (error) {
    ending.abort()
    throw error
  } finally {
    await faults
  }
}

async function keepAppointments(site: Site, appointments: readonly Appointment[], signal: AbortSignal): Promise<void> {
  const begun = performance.now()
  const underWay: Promise<void>[] = []
  for (const { atMs, fault, seed } of appointments) {
    await sleep(Math.max(0, begun + atMs - performance.now()), undefined, { signal }).catch(() => undefined)
    if (signal.aborted) break
    site.chronicle.tell(`fault: ${fault.name}`)
    underWay.push(inject(site, fault, seed))
  }
  await Promise.all(underWay)
}

async function inject(site: Site, fault: Fault, seed: number): Promise<void> {
  try {
    await fault.inject(site, new Random(seed))
  } catch (error) {
    const what = `the fault ${fault.name} failed: ${error instanceof Error ? error.message : String(error)}`
    site.chronicle.tell(what)
    site.report({ kind: 'broken', what })
  }
}
