import { describe, expect, test } from 'vitest'
import { BlockerWatch } from '../../../src/sql/blocker-watch.ts'
import { type Blocker, describeBlocker } from '../../../src/sql/blockers.ts'

const [shortest, longest] = [10, 50] as const
const probe = { queueMs: 0, cancelAutovacuum: false }

function blocker(transaction: string, seen: Partial<Blocker> = {}): Blocker {
  return { transaction, pid: 812, isAutovacuum: false, application: 'billing', state: null, ageMs: null, ...seen }
}

/** What is asked after these looks, one every 20 ms. */
function afterLooks(looks: readonly (readonly Blocker[])[], mayCancelAutovacuum = false) {
  const watch = new BlockerWatch([shortest, longest])
  for (const [at, blockers] of looks.entries()) watch.observe(blockers, at * 20)
  return watch.nextRequest(mayCancelAutovacuum)
}

describe('an attempt probes', () => {
  test.each<[string, readonly (readonly Blocker[])[]]>([
    ['before anybody was seen', []],
    [
      'until short transactions were seen for long enough to know them',
      [[blocker('1')], [blocker('2')], [blocker('3')]],
    ],
    [
      'while one transaction is there all the time',
      ['1', '2', '3', '4'].map((name) => [blocker(name), blocker('long')]),
    ],
    ['while one is known to be old', ['1', '2', '3', '4'].map((name) => [blocker(name, { ageMs: 51 })])],
    [
      'behind an autovacuum worker that may not be cancelled',
      [[], [], [], []].map(() => [blocker('a', { isAutovacuum: true })]),
    ],
  ])('%s', (_, looks) => {
    expect(afterLooks(looks)).toEqual(probe)
  })
})

test('an attempt queues where short transactions never leave a gap, for no longer than the policy says', () => {
  const looks = ['1', '2', '3', '4'].map((name) => [blocker(name)])
  const { queueMs, cancelAutovacuum } = afterLooks(looks)
  expect(queueMs).toBeGreaterThanOrEqual(shortest)
  expect(queueMs).toBeLessThanOrEqual(longest)
  expect(cancelAutovacuum).toBe(false)
})

test('a long transaction that has ended is forgotten', () => {
  const looks = ['1', '2', '3', '4'].map((name) => [blocker(name), blocker('long')])
  expect(afterLooks([...looks, [blocker('5')]]).queueMs).toBeGreaterThan(0)
})

test('an autovacuum worker is cancelled where the role may, however old it is', () => {
  expect(afterLooks([[blocker('a', { isAutovacuum: true, ageMs: 9_000 })]], true)).toEqual({
    queueMs: longest,
    cancelAutovacuum: true,
  })
})

test('a worker is left alone while a long transaction is there besides', () => {
  const both = [blocker('a', { isAutovacuum: true }), blocker('long', { ageMs: 9_000 })]
  expect(afterLooks([both], true)).toEqual(probe)
})

describe('a blocker in words', () => {
  test.each<[Partial<Blocker>, string]>([
    [{ state: 'idle in transaction', ageMs: 12_340 }, 'pid 812 (billing), idle in transaction for 12.3 s'],
    [{}, 'pid 812 (billing)'],
    [{ application: '' }, 'pid 812 (no application name)'],
    [{ isAutovacuum: true, application: '', ageMs: 4_000 }, 'pid 812 (autovacuum worker), open for 4.0 s'],
    [{ pid: null }, 'a prepared transaction (see pg_prepared_xacts)'],
  ])('%j', (seen, words) => {
    expect(describeBlocker(blocker('1', seen))).toBe(words)
  })

  test('counts the age from when it was first seen where it is hidden', () => {
    const watch = new BlockerWatch([shortest, longest])
    watch.observe([blocker('1')], 0)
    watch.observe([blocker('1')], 3_000)
    expect(watch.descriptions).toEqual(['pid 812 (billing), open for 3.0 s'])
  })
})
