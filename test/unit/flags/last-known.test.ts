import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LastKnown } from '../../../src/flags/last-known.ts'

test('the most recent names are remembered with their last answer, and at most twice as many as asked for', () => {
  const capacity = 5
  const answers = fc.array(fc.tuple(fc.nat(30).map(String), fc.boolean()), { maxLength: 200, size: 'max' })
  fc.assert(
    fc.property(answers, (given) => {
      const known = new LastKnown(capacity)
      for (const [name, answer] of given) known.remember(name, answer)
      const last = new Map(given)
      const recent = [...new Set(given.map(([name]) => name).reverse())].slice(0, capacity)
      for (const name of recent) expect(known.recall(name)).toBe(last.get(name))
      const remembered = [...last.keys()].filter((name) => known.recall(name) !== undefined)
      expect(remembered.length).toBeLessThanOrEqual(2 * capacity)
      for (const name of remembered) expect(known.recall(name)).toBe(last.get(name))
    }),
  )
})
