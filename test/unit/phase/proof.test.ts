import { describe, expect, it } from 'vitest'
import { isVerified } from '../../../src/phase/facts.ts'
import { type Proof, proofAfter } from '../../../src/phase/proof.ts'
import { facts } from '../../support/facts.ts'

const proved: Proof = {
  syncSince: 1,
  verifiedEpoch: 2,
  backfillDone: true,
  backfillDirection: 'forward',
  attested: true,
}
const at = { epoch: 7 }

describe('the proof that both sides agree', () => {
  it('survives a step between phases in which both are written', () => {
    expect(proofAfter('kept', 'read-new', { ...proved, ...at })).toEqual(proved)
  })

  it.each([
    ['dual-write', 'forward'],
    ['read-new', 'reverse'],
  ] as const)('begins anew in %s with a fill from the side that holds the truth', (to, backfillDirection) => {
    expect(proofAfter('begins', to, { ...proved, ...at })).toEqual({
      syncSince: 8,
      verifiedEpoch: null,
      backfillDone: false,
      backfillDirection,
      attested: false,
    })
  })

  it('resumes where old was given up, and remembers that new was proved then', () => {
    const resumed = proofAfter('resumes', 'read-new', { ...proved, ...at })
    expect(resumed).toMatchObject({ syncSince: 8, verifiedEpoch: 2, backfillDone: false, backfillDirection: 'reverse' })
    expect(isVerified(facts(resumed))).toBe(false)
  })

  it('is gone where both are no longer written', () => {
    expect(proofAfter('void', 'expanded', { ...proved, ...at })).toMatchObject({ syncSince: null, backfillDone: false })
  })

  it('counts as forward again once old holds the truth, so that old is not given up unverified the next time', () => {
    const cameBack = facts({ ...proved, backfillDirection: 'reverse' })
    expect(proofAfter('kept', 'read-new', cameBack).backfillDirection).toBe('reverse')
    expect(proofAfter('kept', 'read-switch', cameBack).backfillDirection).toBe('forward')
  })
})
