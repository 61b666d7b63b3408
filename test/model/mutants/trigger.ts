import { triggerModeIn } from '../../../src/phase/phase.ts'
import { rightProtocol } from '../protocol.ts'
import type { Mutant } from './mutant.ts'

const { decide } = rightProtocol

/** The sync trigger and how its mode is switched. */
export const triggerMutants: readonly Mutant[] = [
  {
    name: 'the trigger is switched without waiting for writers',
    rule: 'the mode is switched under the table’s lock, which waits for open writers',
    replaced: { switchWaitsForWriters: false },
    world: 'withoutCopyBack',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'the trigger looks the mode up',
    rule: 'the mode is a trigger argument, never looked up',
    replaced: { modeComesFrom: 'the phase' },
    world: 'withoutCopyBack',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'armed with the step to new-only',
    rule: 'arming has guards of its own',
    replaced: {
      decide: { ...decide, triggerModeIn: (phase, setting) => triggerModeIn(phase, { ...setting, armed: true }) },
    },
    world: 'switching',
    breaks: 'refused write',
  },
  {
    name: 'copies back from new-only on, not from read-new on',
    rule: 'mode both from read-new on, never straight from new-only to old',
    replaced: {
      decide: {
        ...decide,
        triggerModeIn: (phase, setting) => (phase === 'read-new' ? 'old' : triggerModeIn(phase, setting)),
      },
    },
    world: 'switching',
    breaks: 'refused write',
  },
  {
    name: 'the fence compares values without copy-back',
    rule: 'without copy-back the fence compares the columns named',
    replaced: { fenceComparesNames: false },
    world: 'valuesHeldByOld',
    breaks: 'lost write',
  },
  {
    name: 'an altered trigger goes unnoticed',
    rule: 'the proof begins anew where the trigger was altered by hand',
    replaced: { noticesAlteration: false },
    world: 'altered',
    breaks: 'filled and in disagreement',
  },
]
