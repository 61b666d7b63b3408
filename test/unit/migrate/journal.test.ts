import { describe, expect, it } from 'vitest'
import type { Migration } from '../../../src/drizzle/migration-folder.ts'
import { type JournalEntry, journaledMigrations } from '../../../src/drizzle/migration-journal.ts'

const migration = (tag: string, when: number, hash = tag): Migration => ({
  tag,
  when,
  hash,
  file: `${tag}.sql`,
  text: '',
  statements: [],
})
const entry = (hash: string, createdAt: number, name: string | null = null): JournalEntry => ({ hash, createdAt, name })
const tagsOf = (entries: readonly JournalEntry[], migrations: readonly Migration[]) =>
  [...journaledMigrations(entries, migrations)].map(({ tag }) => tag).sort()

describe('the migrations that Drizzle’s journal holds', () => {
  it('are found by time and hash', () => {
    expect(tagsOf([entry('a', 1), entry('b', 2)], [migration('a', 1), migration('b', 2), migration('c', 3)])).toEqual([
      'a',
      'b',
    ])
  })

  it('do not hide one that was merged late with an earlier time', () => {
    expect(tagsOf([entry('c', 3)], [migration('b', 2), migration('c', 3)])).toEqual(['c'])
  })

  it('stand for one migration each, even where two have the same text', () => {
    const twins = [migration('first', 1, 'empty'), migration('second', 2, 'empty')]
    expect(tagsOf([entry('empty', 1)], twins)).toEqual(['first'])
  })

  it('are found by their text where they were given another time after a merge', () => {
    expect(tagsOf([entry('a', 1)], [migration('a', 9)])).toEqual(['a'])
  })

  it('are found by their time where their text was edited afterwards, as by Drizzle itself', () => {
    expect(tagsOf([entry('before', 1)], [migration('a', 1, 'after')])).toEqual(['a'])
  })

  it('are found by name in the journal of Drizzle 1.0, where two may share a second', () => {
    const both = [migration('a', 1000), migration('b', 1000)]
    expect(tagsOf([entry('a', 1000, 'a')], both)).toEqual(['a'])
  })

  it('are found to the second after a folder was converted for Drizzle 1.0', () => {
    expect(tagsOf([entry('a', 1_700_000_000_123)], [migration('b', 1_700_000_000_000)])).toEqual(['b'])
    expect(tagsOf([entry('a', 1_700_000_000_123)], [migration('b', 1_700_000_000_124)])).toEqual([])
  })
})
