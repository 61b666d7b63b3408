import { emptyLists, interleave, rotated, type Variants } from './interleave.ts'
import { median } from './statistics.ts'
import { milliseconds } from './stopwatch.ts'

/** One call of many, told its number, so that all variants can touch the same rows in the same order. */
export type Call = (number: number) => Promise<unknown>

export interface CallCounts {
  readonly rounds: number
  readonly callsPerRound: number
}

/**
 * The median latency of each variant in each round, in µs, after a round of warming up that does not count.
 *
 * Variants take turns call by call: what costs tens of µs would drown in the noise between whole runs.
 */
export async function callLatencies<Name extends string>(
  variants: Variants<Name, Call>,
  { rounds, callsPerRound }: CallCounts,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(variants) as Name[]
  const medians = emptyLists<Name, number>(names)
  for (let round = 0; round <= rounds; round += 1) {
    const latencies = emptyLists<Name, number>(names)
    for (let call = 0; call < callsPerRound; call += 1) {
      const number = round * callsPerRound + call
      for (const name of rotated(names, number))
        latencies[name].push(1_000 * (await milliseconds(() => variants[name](number))))
    }
    if (round === 0) continue
    for (const name of names) medians[name].push(median(latencies[name]))
  }
  return medians
}

/**
 * The cost of one call that takes no I/O, in µs, in each round: too short for a clock, so many are timed together, after
 * a round of warming up that does not count.
 */
export async function cpuCosts<Name extends string>(
  variants: Variants<Name, (number: number) => unknown>,
  { rounds, callsPerRound }: CallCounts,
): Promise<Record<Name, number[]>> {
  const timed = (work: (number: number) => unknown) => async () => {
    const manyMs = await milliseconds(async () => {
      for (let number = 0; number < callsPerRound; number += 1) work(number)
    })
    return (manyMs * 1_000) / callsPerRound
  }
  const names = Object.keys(variants) as Name[]
  const runs = Object.fromEntries(names.map((name) => [name, timed(variants[name])])) as Record<
    Name,
    () => Promise<number>
  >
  await interleave(runs, 1)
  return interleave(runs, rounds)
}
