import { quarantineEmpty } from '../../../src/phase/guards/index.ts'
import { isBefore } from '../../../src/phase/phase.ts'
import { rightProtocol } from '../protocol.ts'
import type { Mutant } from './mutant.ts'

const { decide } = rightProtocol

/** Transforms that can raise: the trigger's second argument and the quarantine. */
export const raisingMutants: readonly Mutant[] = [
  {
    name: 'the trigger is strict from the beginning',
    rule: 'the trigger never fails a write that the old schema accepts, up to and including dual-write',
    replaced: { decide: { ...decide, isLenientIn: () => false } },
    world: 'raising',
    breaks: 'refused write',
  },
  {
    name: 'the trigger is lenient in read-switch',
    rule: 'strict from read-switch on',
    replaced: { decide: { ...decide, isLenientIn: (phase) => isBefore(phase, 'read-new') } },
    world: 'raising',
    breaks: 'moved on unproved',
  },
  {
    name: 'the trigger becomes strict without waiting for writers',
    rule: 'the second argument is switched like the mode',
    replaced: { switchWaitsForWriters: false },
    world: 'raising',
    breaks: 'stale read',
  },
  {
    name: 'the trigger is lenient again after the way back',
    rule: 'once reads have been new it stays strict: units of work may be pinned to new',
    replaced: { decide: { ...decide, isLenientIn: (phase) => isBefore(phase, 'read-switch') } },
    world: 'raising',
    breaks: 'stale read',
  },
  {
    name: 'nobody asks for the quarantine',
    rule: 'dual-write → read-switch: the quarantine is empty',
    replaced: { guardsLeftOut: [quarantineEmpty.name] },
    world: 'raising',
    breaks: 'moved on unproved',
  },
  {
    name: 'the quarantine is asked for before the table is locked',
    rule: 'the quarantine is empty once open writers have ended',
    replaced: { quarantineIsAsked: 'with the other guards' },
    world: 'raising',
    breaks: 'moved on unproved',
  },
  {
    name: 'the trigger is called where the sides disagree, though the transform can raise',
    rule: 'a transform that can raise is kept out of WHEN',
    replaced: { quarantineIsLeftBy: 'writes of old alone' },
    world: 'raising',
    breaks: 'quarantine in error',
  },
  {
    name: 'a child row is deleted before its key is in quarantine',
    rule: 'mode old refuses deletes of the child, but for what is in quarantine',
    replaced: { quarantinesBeforeItDeletes: false },
    world: 'splitRaising',
    breaks: 'refused write',
  },
  {
    name: 'the quarantine of a split is asked for before the tables are locked',
    rule: 'the quarantine is empty once open writers have ended',
    replaced: { quarantineIsAsked: 'with the other guards' },
    world: 'splitRaising',
    breaks: 'moved on unproved',
  },
]
