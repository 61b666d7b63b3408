import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { momentNow, msSince } from '../../../src/toolkit/moment.ts'

let monotonicMs = 0
let wallMs = 0

beforeEach(() => {
  monotonicMs = 50_000
  wallMs = 1_700_000_000_000
  vi.spyOn(performance, 'now').mockImplementation(() => monotonicMs)
  vi.spyOn(Date, 'now').mockImplementation(() => wallMs)
})
afterEach(() => vi.restoreAllMocks())

describe('the time since a moment', () => {
  it.each([
    ['both clocks ran', 3_000, 3_000, 3_000],
    ['the machine slept, and the monotonic clock stood still', 0, 3_600_000, 3_600_000],
    ['the wall clock was set back', 3_000, -86_400_000, 3_000],
    ['the wall clock was set ahead', 3_000, 86_400_000, 86_400_000],
  ])('is that of the clock that ran further: %s', (_, monotonic, wall, expected) => {
    const moment = momentNow()
    monotonicMs += monotonic
    wallMs += wall
    expect(msSince(moment)).toBe(expected)
  })
})
