import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { interleave, rotated } from '../../../bench/harness/interleave.ts'
import { callLatencies, cpuCosts } from '../../../bench/harness/latency.ts'

/** Variants that write down when their turn comes. */
function recorded(names: string) {
  const turns: string[] = []
  const turn = (name: string) => () => turns.push(name)
  return { turns, turnsOf: Object.fromEntries([...names].map((name) => [name, turn(name)])) }
}

describe('the order of variants', () => {
  test('begins one further in each round, and comes round again', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc'])
  })

  test('of nothing is nothing', () => {
    expect(rotated([], 3)).toEqual([])
  })
})

describe('interleaved rounds', () => {
  test('measure all variants before any is measured again', async () => {
    const { turns, turnsOf } = recorded('abc')
    const { a, b, c } = turnsOf as Record<'a' | 'b' | 'c', () => number>
    await interleave({ a: async () => a(), b: async () => b(), c: async () => c() }, 3)
    expect(turns.join('')).toBe('abcbcacab')
  })

  test('keep what each round of each variant gave, in the order of the rounds', async () => {
    let clock = 0
    const tick = async () => ++clock
    expect(await interleave({ a: tick, b: tick }, 3)).toEqual({ a: [1, 4, 5], b: [2, 3, 6] })
  })

  test('do not run two variants at once', async () => {
    let running = 0
    const alone = async () => {
      running += 1
      await Promise.resolve()
      expect(running).toBe(1)
      running -= 1
    }
    await interleave({ a: alone, b: alone }, 2)
  })

  test('end with the first error', async () => {
    const fails = () => Promise.reject(new Error('broken'))
    await expect(interleave({ a: fails }, 1)).rejects.toThrow('broken')
  })
})

describe('single calls', () => {
  test('take turns call by call, with the same numbers for all, and warm up for a round that does not count', async () => {
    const calls: string[] = []
    const call = (name: string) => async (number: number) => calls.push(`${name}${number}`)
    const medians = await callLatencies({ a: call('a'), b: call('b') }, { rounds: 2, callsPerRound: 2 })
    expect(calls.join(' ')).toBe('a0 b0 b1 a1 a2 b2 b3 a3 a4 b4 b5 a5')
    expect([medians.a.length, medians.b.length]).toEqual([2, 2])
  })

  test('are measured in µs, and the middle one counts', async () => {
    const wait = fakeClock()
    const waits = [9_000, 9_000, 9_000, 3, 1, 500]
    const { a } = await callLatencies({ a: async (number) => wait(waits[number]!) }, { rounds: 1, callsPerRound: 3 })
    expect(a).toEqual([3_000])
  })

  test('without I/O are timed together and divided by their number', async () => {
    const wait = fakeClock()
    const { a, b } = await cpuCosts({ a: () => wait(2), b: () => wait(5) }, { rounds: 2, callsPerRound: 10 })
    expect({ a, b }).toEqual({ a: [2_000, 2_000], b: [5_000, 5_000] })
  })
})

/** A clock that stands still but for what a call says that it takes, in milliseconds. */
function fakeClock(): (ms: number) => void {
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  onTestFinished(() => void vi.restoreAllMocks())
  return (ms) => {
    now += ms
  }
}
