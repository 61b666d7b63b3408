import { describe, expect, it } from 'vitest'
import { judge } from '../../examples/01-rename-column/demo/judge.ts'
import type { LedgerEntry } from '../../examples/01-rename-column/demo/ledger.ts'

const key = 7

/** Version 0, there before anything else. */
const seeded = entry({ operation: 'seed', value: 'seeded', version: 0, sent: 0, done: 0 })
const renamed = entry({ operation: 'rename', value: 'renamed', version: 1, sent: 10, done: 20 })
const deleted = entry({ operation: 'delete', sent: 10, done: 20 })

function entry(given: Partial<LedgerEntry> & Pick<LedgerEntry, 'operation' | 'sent' | 'done'>): LedgerEntry {
  return { key, outcome: 'acknowledged', ...given }
}

function read(value: string | null | undefined, sent: number, done = sent + 1): LedgerEntry {
  return entry({ operation: 'find', sent, done, ...(value === undefined ? {} : { value }) })
}

function rows(...values: (string | null)[]): ReadonlyMap<number, readonly (string | null)[]> {
  return new Map(values.length === 0 ? [] : [[key, values]])
}

describe('reads', () => {
  it.each([
    { what: 'the newest acknowledged value', history: [seeded, renamed], value: 'renamed', sent: 30, stale: 0 },
    { what: 'an older value', history: [seeded, renamed], value: 'seeded', sent: 30, stale: 1 },
    { what: 'an empty column', history: [seeded], value: null, sent: 30, stale: 1 },
    {
      what: 'an older value while the write was under way',
      history: [seeded, renamed],
      value: 'seeded',
      sent: 15,
      stale: 0,
    },
    {
      what: 'a value whose write was not acknowledged yet',
      history: [seeded, renamed],
      value: 'renamed',
      sent: 12,
      stale: 0,
    },
    { what: 'a value that nobody wrote', history: [seeded], value: 'invented', sent: 30, stale: 1 },
    { what: 'nothing, though the row is there', history: [seeded], value: undefined, sent: 30, stale: 1 },
    { what: 'nothing, as the row was deleted', history: [seeded, deleted], value: undefined, sent: 30, stale: 0 },
    {
      what: 'nothing, while the row was being deleted',
      history: [seeded, deleted],
      value: undefined,
      sent: 15,
      stale: 0,
    },
    { what: 'nothing, before the row was deleted', history: [seeded, deleted], value: undefined, sent: 5, stale: 1 },
    { what: 'a row that was deleted', history: [seeded, deleted], value: 'seeded', sent: 30, stale: 1 },
  ])('finding $what counts as $stale stale', ({ history, value, sent, stale }) => {
    const left = history.includes(deleted) ? rows() : rows(history.at(-1)?.value ?? null)
    expect(judge([...history, read(value, sent)], left)).toMatchObject({
      requests: history.length,
      staleReads: stale,
      lostWrites: 0,
      resurrected: 0,
    })
  })
})

describe('writes', () => {
  const again = entry({ operation: 'upsert', value: 'again', version: 2, sent: 30, done: 40 })
  const unanswered = entry({ operation: 'rename', value: 'unanswered', outcome: 'unknown', sent: 50, done: 60 })
  const missed = entry({ operation: 'rename', value: 'missed', sent: 50, done: 60 })

  it.each([
    { what: 'the newest value', history: [seeded, renamed], left: rows('renamed'), lost: 0 },
    {
      what: 'the newest value in one of two columns',
      history: [seeded, renamed],
      left: rows('seeded', 'renamed'),
      lost: 0,
    },
    { what: 'the value before', history: [seeded, renamed], left: rows('seeded'), lost: 1 },
    { what: 'the value before two writes', history: [seeded, renamed, again], left: rows('seeded'), lost: 2 },
    { what: 'an empty column', history: [seeded, renamed], left: rows(null), lost: 2 },
    { what: 'a value that nobody wrote', history: [seeded], left: rows('invented'), lost: 1 },
    { what: 'no row', history: [seeded], left: rows(), lost: 1 },
    { what: 'no row after a deletion', history: [seeded, deleted], left: rows(), lost: 0 },
    { what: 'a write without an answer', history: [seeded, unanswered], left: rows('unanswered'), lost: 0 },
    {
      what: 'the value before a write without an answer',
      history: [seeded, unanswered],
      left: rows('seeded'),
      lost: 0,
    },
    { what: 'the value that a rename without a row left', history: [seeded, missed], left: rows('seeded'), lost: 0 },
  ])('leaving $what counts as $lost lost', ({ history, left, lost }) => {
    expect(judge(history, left)).toMatchObject({ lostWrites: lost, staleReads: 0, resurrected: 0 })
  })

  it('counts a deleted row that is back', () => {
    expect(judge([seeded, deleted], rows('seeded'))).toMatchObject({ resurrected: 1, lostWrites: 0 })
  })
})

it('counts requests that failed or got no answer, and says how', () => {
  const failed = entry({ operation: 'find', outcome: 'failed', code: '42703', sent: 1, done: 2 })
  const broken = entry({ operation: 'find', outcome: 'unknown', sent: 1, done: 2 })
  expect(judge([seeded, failed, failed, broken], rows('seeded'))).toEqual({
    requests: 3,
    failedRequests: 3,
    lostWrites: 0,
    staleReads: 0,
    resurrected: 0,
    failures: { '42703': 2, unknown: 1 },
  })
})
