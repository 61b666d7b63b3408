import { proofAfter } from '../../../src/phase/proof.ts'
import { rightProtocol } from '../protocol.ts'
import type { Mutant } from './mutant.ts'

const { decide } = rightProtocol

const keepsFromThereAndBack: typeof proofAfter = (effect, to, facts) =>
  proofAfter(effect === 'begins' && facts.syncSince === null ? 'begins' : 'kept', to, facts)

const keepsWhatResumes: typeof proofAfter = (effect, to, facts) =>
  proofAfter(effect === 'resumes' ? 'kept' : effect, to, facts)

/** How a change moves from phase to phase. */
export const phaseMutants: readonly Mutant[] = [
  {
    name: 'the epoch is not compared',
    rule: 'never without the epoch compare-and-set',
    replaced: { comparesEpoch: false },
    world: 'twoOperators',
    breaks: 'lost write',
  },
  {
    name: 'the guards are asked before the lock',
    rule: 'the guards are asked under the lock of the change’s row',
    replaced: { guardsAskedUnder: 'nothing' },
    world: 'alteredMeanwhile',
    breaks: 'moved on unproved',
  },
  {
    name: 'there and back keeps what was proved',
    rule: '10: 1→0→1 must not keep “backfill done”',
    replaced: { decide: { ...decide, proofAfter: keepsFromThereAndBack } },
    world: 'withoutTrigger',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'coming back to read-new keeps what was proved',
    rule: 'new-only → read-new without copy-back: reverse backfill and verification',
    replaced: { decide: { ...decide, proofAfter: keepsWhatResumes } },
    world: 'withoutCopyBack',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'a step from new-only to dual-write',
    rule: '10: 3→1 in one step reads stale data',
    replaced: {
      decide: {
        ...decide,
        transitions: [...decide.transitions, { from: 'new-only', to: 'dual-write', guards: [], proof: () => 'begins' }],
      },
    },
    world: 'valuesHeldByOld',
    breaks: 'lost write',
  },
]
