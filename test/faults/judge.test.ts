import { describe, expect, it } from 'vitest'
import { Explanations } from './ledger/explanations.ts'
import { judge, type StoredRow } from './ledger/judge.ts'
import type { Entry, Intent } from './ledger/ledger.ts'
import type { ViolationKind } from './ledger/verdict.ts'

const intent = (write: number, operation: Intent['operation'], sent: number): Entry => ({
  entry: 'intent',
  operation,
  write,
  key: 1,
  sent,
})
const acknowledged = (write: number, version: number | null, done: number): Entry => ({
  entry: 'answer',
  outcome: 'acknowledged',
  writes: [write],
  versions: [version],
  done,
})
const read = (found: { write: number; version: number } | null, sent: number): Entry => ({
  entry: 'read',
  key: 1,
  found,
  sent,
  done: sent + 1,
})

/** Inserted as version 0 by write 1 and updated to version 1 by write 2, both acknowledged. */
const written = [intent(1, 'insert', 10), acknowledged(1, 0, 20), intent(2, 'update', 30), acknowledged(2, 1, 40)]
const deleted = [intent(3, 'delete', 50), acknowledged(3, null, 60)]
const newest = { write: 2, version: 1 }
const older = { write: 1, version: 0 }

function kinds(entries: readonly Entry[], rows: readonly StoredRow[]): readonly ViolationKind[] {
  const { violations } = judge({ entries, rows, truth: 'new', agreed: true, explanations: new Explanations() })
  return violations.map(({ kind }) => kind)
}

describe('the oracle', () => {
  it('finds nothing where the newest value is on both sides and reads returned what was acknowledged', () => {
    expect(kinds([...written, read(older, 15), read(newest, 45)], [{ key: 1, old: newest, new: newest }])).toEqual([])
  })

  it('leaves a write without an answer either way', () => {
    const cut = [...written, intent(4, 'update', 50)]
    expect(kinds(cut, [{ key: 1, old: newest, new: newest }])).toEqual([])
    const applied = { write: 4, version: 2 }
    expect(kinds([...cut, read(applied, 55)], [{ key: 1, old: applied, new: applied }])).toEqual([])
  })

  it.each<[string, readonly Entry[], readonly StoredRow[], ViolationKind]>([
    [
      'an acknowledged write that the side of the truth has not',
      written,
      [{ key: 1, old: newest, new: older }],
      'lost',
    ],
    ['a row that is gone although nobody deleted it', written, [], 'lost'],
    ['a side that is empty', written, [{ key: 1, old: newest, new: 'unreadable' }], 'lost'],
    ['a deleted row that is there', [...written, ...deleted], [{ key: 1, old: newest, new: newest }], 'resurrected'],
    ['a deleted row that was read', [...written, ...deleted, read(newest, 70)], [], 'resurrected'],
    [
      'an older value than was acknowledged',
      [...written, read(older, 45)],
      [{ key: 1, old: newest, new: newest }],
      'stale',
    ],
    [
      'no row where one was acknowledged',
      [...written, read(null, 45)],
      [{ key: 1, old: newest, new: newest }],
      'stale',
    ],
    ['sides that differ', written, [{ key: 1, old: older, new: newest }], 'disagree'],
    [
      'a value that nobody wrote',
      written,
      [{ key: 1, old: { write: 9, version: 7 }, new: { write: 9, version: 7 } }],
      'forged',
    ],
    [
      'a row that nobody inserted',
      written,
      [
        { key: 1, old: newest, new: newest },
        { key: 2, old: newest, new: newest },
      ],
      'forged',
    ],
    [
      'a version that two writes made, as a lost update leaves it',
      [...written, intent(4, 'update', 50), acknowledged(4, 1, 60)],
      [{ key: 1, old: newest, new: newest }],
      'forged',
    ],
    [
      'a forged line that acknowledges what nobody has',
      [...written, intent(4, 'update', 50), acknowledged(4, 999, 60)],
      [{ key: 1, old: newest, new: newest }],
      'lost',
    ],
    [
      'a refusal that nothing explains',
      [
        ...written,
        intent(4, 'update', 50),
        { entry: 'answer', outcome: 'refused', code: '23502', writes: [4], versions: [], done: 60 },
      ],
      [{ key: 1, old: newest, new: newest }],
      'unexplained',
    ],
  ])('reports %s', (_what, entries, rows, kind) => {
    expect(kinds(entries, rows)).toContain(kind)
  })
})
