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
export interface Appointment {
  readonly atMs: number
  readonly fault: Fault
  readonly seed: number
}

/** Spreads faults over a span at random: the same seed, the same schedule. */
export function schedule(random: Random, rates: readonly Rate[], spanMs: number): readonly Appointment[] {
  return rates
    .flatMap(({ fault, times }) =>
      Array.from({ length: times }, () => ({ atMs: random.below(spanMs), fault, seed: random.below(2 ** 31) })),
    )
    .sort((a, b) => a.atMs - b.atMs)
}

/** Injects everything on time, and waits until all of it is over. A fault that takes longer holds up no other. */
export async function keepAppointments(site: Site, appointments: readonly Appointment[]): Promise<void> {
  const begun = performance.now()
  const underWay: Promise<void>[] = []
  for (const { atMs, fault, seed } of appointments) {
    await sleep(Math.max(0, begun + atMs - performance.now()))
    site.chronicle.tell(`fault: ${fault.name}`)
    underWay.push(
      fault.inject(site, new Random(seed)).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        site.chronicle.tell(`fault: ${fault.name} failed: ${message}`)
        site.report({ kind: 'broken', what: `the fault ${fault.name} could not be injected: ${message}` })
      }),
    )
  }
  await Promise.all(underWay)
}
