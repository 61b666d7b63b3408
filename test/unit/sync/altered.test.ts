import { describe, expect, it } from 'vitest'
import { isAltered } from '../../../src/sync/index.ts'

const recorded = 't10:700 p11:700 p12:700 f20:699'

describe('a sync trigger counts as altered', () => {
  it.each([
    ['nothing has happened', recorded, false],
    ['the trigger was disabled and enabled again', 't10:801 p11:700 p12:700 f20:699', true],
    ['the trigger was disabled and enabled again on one partition', 't10:700 p11:801 p12:700 f20:699', true],
    ['its function was replaced', 't10:700 p11:700 p12:700 f20:801', true],
    ['it was dropped and made anew', 't99:801 p11:700 p12:700 f20:699', true],
    ['it is missing', 'p11:700 p12:700 f20:699', true],
    ['a partition was added', 't10:700 p11:700 p12:700 p13:801 f20:699', false],
    ['a partition was dropped', 't10:700 p11:700 f20:699', false],
  ])('%s', (_, current, altered) => {
    expect(isAltered(recorded, current)).toBe(altered)
  })
})
