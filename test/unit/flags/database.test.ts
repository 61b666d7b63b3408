import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketOf } from '../../../src/flags/bucket.ts'
import { databaseFlags } from '../../../src/flags/database.ts'

test('the percentage on the row of the change decides by its id and the key, whatever the flag is called', () => {
  const flags = databaseFlags()
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 0, max: 100 }), fc.string(), (key, readPercent, flag) => {
      const wish = flags.wish({ flag, changeId: 'user-full-name', key, context: {}, readPercent })
      expect(wish).toBe(bucketOf('user-full-name', key) < readPercent)
    }),
  )
})
