import { describe, expect, test } from 'vitest'
import { type BackfillProgress, ProgressMeter } from '../../../src/backfill/progress.ts'
import { progressBar, progressLine } from '../../../src/backfill/progress-text.ts'

const halfway: BackfillProgress = {
  rowsSeen: 840_000,
  rowsChanged: 839_000,
  rowsEstimated: 2_000_000,
  percent: 42,
  rowsPerSecond: 160_000,
  etaMs: 7_250,
  pages: 168,
  waitingFor: [],
}

describe('a line of progress', () => {
  test.for<[string, Partial<BackfillProgress>, string]>([
    ['a known total', {}, '840,000 of about 2,000,000 rows (42 %), 160,000 rows/s, 8 s left'],
    [
      'an unknown total',
      { rowsEstimated: undefined, percent: undefined, etaMs: undefined },
      '840,000 rows, total unknown, 160,000 rows/s',
    ],
    [
      'a total that was too low',
      { rowsEstimated: 800_000, percent: undefined, etaMs: undefined },
      '840,000 rows, more than the 800,000 estimated, 160,000 rows/s',
    ],
    ['minutes to go', { etaMs: 200_000 }, '840,000 of about 2,000,000 rows (42 %), 160,000 rows/s, 3 min 20 s left'],
    ['hours to go', { etaMs: 7_500_000 }, '840,000 of about 2,000,000 rows (42 %), 160,000 rows/s, 2 h 5 min left'],
    ['no speed yet', { rowsPerSecond: 0, etaMs: undefined }, '840,000 of about 2,000,000 rows (42 %)'],
    ['almost all', { percent: 99.97 }, '840,000 of about 2,000,000 rows (99 %), 160,000 rows/s, 8 s left'],
    [
      'somebody in the way',
      { waitingFor: ['pid 7 (reports), idle in transaction for 4.0 s'] },
      '840,000 of about 2,000,000 rows (42 %), waiting for pid 7 (reports), idle in transaction for 4.0 s',
    ],
  ])('with %s', ([, progress, text]) => {
    expect(progressLine({ ...halfway, ...progress })).toBe(text)
  })
})

describe('a bar', () => {
  test('fills with the percentage', () => {
    expect(progressBar(halfway, 120)).toBe(
      '[############------------------] 840,000 of about 2,000,000 rows (42 %), 160,000 rows/s, 8 s left',
    )
  })

  test('promises nothing where the total is unknown', () => {
    expect(progressBar({ ...halfway, percent: undefined, rowsEstimated: undefined }, 120)).toMatch(/^\[\?{30}\] /)
  })

  test.for([10, 40, 66, 75, 80, 100, 200])('is never wider than a terminal of %i columns', (columns) => {
    expect(progressBar(halfway, columns).length).toBeLessThanOrEqual(columns)
  })

  test('gives way to the text on a narrow terminal', () => {
    expect(progressBar(halfway, 66)).toBe('840,000 of about 2,000,000 rows (42 %), 160,000 rows/s, 8 s left')
  })
})

describe('the meter', () => {
  const counts = (rowsSeen: number) => ({ rowsSeen, rowsChanged: 0, pages: 0 })

  test('measures speed from where this process took the walk up', () => {
    let now = 0
    const meter = new ProgressMeter(counts(500), 1_000, () => now)
    now = 2_000
    meter.advance(counts(700))
    expect(meter.progress()).toMatchObject({ percent: 70, rowsPerSecond: 100, etaMs: 3_000 })
  })

  test('says nothing of a total that has been exceeded', () => {
    const meter = new ProgressMeter(counts(0), 1_000)
    meter.advance(counts(1_001))
    expect(meter.progress()).toMatchObject({ rowsEstimated: 1_000, percent: undefined, etaMs: undefined })
  })

  test('is at a hundred with the last row of the estimate', () => {
    const meter = new ProgressMeter(counts(0), 1_000)
    meter.advance(counts(1_000))
    expect(meter.progress().percent).toBe(100)
  })
})
