import { describe, expect, it } from 'vitest'
import { readStillFits, writeStillFits } from '../../../src/phase/fits.ts'
import { type Mode, type Phase, phases } from '../../../src/phase/phase.ts'

const everyPhase = Object.keys(phases) as Phase[]
const reading = (read: Mode['read']): Mode => ({ read, write: 'both' })
const writing = (write: Mode['write']): Mode => ({ read: 'old', write })

describe('a write that was decided before', () => {
  it.each<[Mode['write'], readonly Phase[]]>([
    ['old', ['planned', 'expanded', 'abandoned']],
    ['both', ['expanded', 'dual-write', 'read-switch', 'read-new', 'new-only']],
    ['new', ['new-only', 'contracted']],
  ])('of %s fits where all sides are written that may be read, and none that may be gone', (write, fitting) => {
    const standing = { syncSince: 1 }
    const found = everyPhase.filter((phase) =>
      writeStillFits({ mode: writing(write), epoch: 1 }, { phase, ...standing }),
    )
    expect(new Set(found)).toEqual(new Set(fitting))
  })
})

describe('a read that was decided before', () => {
  it.each<[Mode['read'], string, number | null, readonly Phase[]]>([
    ['old', 'since the sides are written together', 2, ['dual-write', 'read-switch', 'read-new']],
    [
      'new',
      'since the sides are written together',
      2,
      ['dual-write', 'read-switch', 'read-new', 'new-only', 'contracted'],
    ],
    ['old', 'before they were apart and together again', 3, ['dual-write', 'read-switch']],
    ['new', 'before they were apart and together again', 3, ['read-new', 'new-only', 'contracted']],
    ['new', 'and they are apart now', null, ['read-new', 'new-only', 'contracted']],
  ])('of %s, %s', (read, _, syncSince, fitting) => {
    const found = everyPhase.filter((phase) => readStillFits({ mode: reading(read), epoch: 2 }, { phase, syncSince }))
    const oldIsTrue: readonly Phase[] = read === 'old' ? ['planned', 'expanded', 'abandoned'] : []
    expect(new Set(found)).toEqual(new Set([...oldIsTrue, ...fitting]))
  })
})
