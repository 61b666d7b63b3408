import { expect, test } from 'vitest'
import { backfillPhases } from '../../../src/backfill/allowed-phases.ts'
import { phases } from '../../../src/phase/phase.ts'
import { transitions } from '../../../src/phase/transitions.ts'
import { verificationPhases } from '../../../src/verify/allowed-phases.ts'

test('a backfill copies from the side that holds the truth, in every phase that allows it', () => {
  expect(new Set(backfillPhases.forward.map((phase) => phases[phase].truth))).toEqual(new Set(['old']))
  expect(new Set(backfillPhases.reverse.map((phase) => phases[phase].truth))).toEqual(new Set(['new']))
})

test('no phase without a sync trigger allows a backfill or a verification', () => {
  for (const phase of [...backfillPhases.forward, ...backfillPhases.reverse, ...verificationPhases]) {
    expect(phases[phase].triggerMode, phase).toBeDefined()
  }
})

test('a transition that asks for a verified change starts in a phase that allows the verification', () => {
  const asking = transitions.filter(({ guards }) => guards.some(({ name }) => name.includes('verified')))
  expect(asking.length).toBeGreaterThan(0)
  for (const { from } of asking) expect(verificationPhases).toContain(from)
})
