import {
  armed,
  attested,
  drained,
  type Guard,
  newIsProved,
  nobodyReadsNew,
  nobodyWritesNewAlone,
  noProcessBelowNewOnly,
  oldCaughtUp,
  processesAtDualWrite,
  processesAtNewOnly,
  processesAtReadNew,
  triggerUnaltered,
  triggerWorks,
  verifiedSinceEntry,
  verifiedWhereOldIsGivenUp,
} from '../../../src/phase/guards/index.ts'
import type { Mutant } from './mutant.ts'

const without = (guard: Guard, more: Pick<Mutant, 'rule' | 'world' | 'breaks'>): Mutant => ({
  name: `without the guard “${guard.name}”`,
  replaced: { guardsLeftOut: [guard.name] },
  ...more,
})

/** Guards of the table that are not asked. */
export const guardMutants: readonly Mutant[] = [
  without(processesAtNewOnly, {
    rule: 'arming waits for processes that write old',
    world: 'arming',
    breaks: 'refused write',
  }),
  without(noProcessBelowNewOnly, {
    rule: '15: a drop is preceded by a phase in which no process names the old column',
    world: 'contracting',
    breaks: 'refused write',
  }),
  without(noProcessBelowNewOnly, {
    rule: '15: without copy-back as well',
    world: 'contractingWithoutCopyBack',
    breaks: 'refused write',
  }),
  without(processesAtReadNew, {
    rule: '10: 3→1 in one step reads stale data',
    world: 'pairWithoutCopyBack',
    breaks: 'stale read',
  }),
  without(nobodyReadsNew, {
    rule: '10: without the trigger new is left unwritten only once nobody may read it',
    world: 'withoutTrigger',
    breaks: 'stale read',
  }),
  without(nobodyWritesNewAlone, {
    rule: 'going back waits for processes that write new alone',
    world: 'switching',
    breaks: 'refused write',
  }),
  without(drained, {
    rule: '7: without the trigger no backfill before transactions opened under an older phase have ended',
    world: 'withoutTrigger',
    breaks: 'filled and in disagreement',
  }),
  without(attested, {
    rule: 'without the trigger somebody answers for it that there is no other writer',
    world: 'withoutTrigger',
    breaks: 'filled and in disagreement',
  }),
  without(oldCaughtUp, {
    rule: 'read-new → read-switch only once old has caught up',
    world: 'withoutCopyBack',
    breaks: 'lost write',
  }),
  without(triggerUnaltered, {
    rule: 'an altered trigger voids what was proved',
    world: 'altered',
    breaks: 'moved on unproved',
  }),
  without(verifiedWhereOldIsGivenUp, {
    rule: 'both sides are verified before old is given up',
    world: 'alteredWithoutCopyBack',
    breaks: 'moved on unproved',
  }),
  without(newIsProved, {
    rule: 'the contract asks for a proof of new',
    world: 'alteredAtTheEnd',
    breaks: 'moved on unproved',
  }),
  without(verifiedSinceEntry, {
    rule: 'read-switch → read-new only after a verification since entry',
    world: 'altered',
    breaks: 'moved on unproved',
  }),
  without(triggerWorks, {
    rule: 'no step relies on a trigger that is off',
    world: 'altered',
    breaks: 'moved on unproved',
  }),
  without(armed, {
    rule: 'the contract comes after arming',
    world: 'contracting',
    breaks: 'refused write',
  }),
  without(armed, {
    rule: 'the contract comes after arming, without copy-back as well',
    world: 'writersAtTheContract',
    breaks: 'refused write',
  }),
  {
    ...without(processesAtDualWrite, {
      rule: '7: without the trigger no backfill before every process writes both sides',
      world: 'leasesHold',
      breaks: 'filled and in disagreement',
    }),
    hiddenBy: { writers: 'by their lease' },
  },
]
