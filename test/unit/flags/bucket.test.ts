import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketOf, isWithin } from '../../../src/flags/bucket.ts'
import { murmur3 } from '../../../src/flags/murmur3.ts'

const changeId = fc.stringMatching(/^[a-z][a-z0-9-]{0,39}$/)
const percent = fc.integer({ min: 0, max: 100 })

test.each([
  ['', 0x00000000],
  ['a', 0x3c2569b2],
  ['abc', 0xb3dd93fa],
  ['test', 0xba6bd213],
  ['Hello, world!', 0xc0363e43],
  ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
])('the hash of %j is the one that MurmurHash3 is published with', (text, expected) => {
  expect(murmur3(text)).toBe(expected)
})

test('the hash of any text is the one that the implementation inside Unleash has for its UTF-8 bytes', () => {
  const fromUnleash = createRequire(createRequire(import.meta.url).resolve('unleash-client'))
  const { x86 } = fromUnleash('murmurhash3js') as { x86: { hash32(bytes: string, seed: number): number } }
  const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => murmur3(text) === x86.hash32(bytesOf(text), 0)))
})

test('a key stands in the same bucket in every release: another one would move users in the middle of a change', () => {
  const buckets = [bucketOf('user-full-name', '1'), bucketOf('user-full-name', '2'), bucketOf('order-total', '1')]
  expect(buckets.map((bucket) => bucket.toFixed(4))).toEqual(['14.5124', '45.1294', '55.9812'])
})

test('a key that reads new at one percentage still does at every larger one', () => {
  fc.assert(
    fc.property(changeId, fc.string(), percent, percent, (id, key, one, other) => {
      const [smaller, larger] = one <= other ? [one, other] : [other, one]
      return !isWithin(smaller, id, key) || isWithin(larger, id, key)
    }),
  )
})

test('at 0 % no key reads new, at 100 % every key does', () => {
  fc.assert(fc.property(changeId, fc.string(), (id, key) => !isWithin(0, id, key) && isWithin(100, id, key)))
})

test('the share of keys that read new is the percentage, for numbered keys of any change', () => {
  const keys = 4_000
  fc.assert(
    fc.property(changeId, fc.nat(), percent, (id, first, wanted) => {
      const within = Array.from({ length: keys }, (_, index) => isWithin(wanted, id, String(first + index)))
      const share = within.filter(Boolean).length
      const deviation = Math.sqrt(keys * (wanted / 100) * (1 - wanted / 100))
      expect(Math.abs(share - keys * (wanted / 100))).toBeLessThanOrEqual(5 * deviation)
    }),
    { numRuns: 50 },
  )
})

test('a hundred thousand keys fill a hundred buckets evenly', () => {
  const counts = new Array<number>(100).fill(0)
  for (let key = 0; key < 100_000; key += 1) counts[Math.floor(bucketOf('user-full-name', String(key)))]! += 1
  const chiSquare = counts.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)
  expect(chiSquare).toBeLessThan(148.2) // 99.9 % of all even draws, 99 degrees of freedom
})

test('two changes choose their keys independently', () => {
  const keys = 20_000
  fc.assert(
    fc.property(changeId, changeId, (one, other) => {
      fc.pre(one !== other)
      let both = 0
      for (let key = 0; key < keys; key += 1) {
        if (isWithin(50, one, String(key)) && isWithin(50, other, String(key))) both += 1
      }
      expect(Math.abs(both - keys / 4)).toBeLessThanOrEqual(5 * Math.sqrt(keys * 0.25 * 0.75))
    }),
    { numRuns: 20 },
  )
})
