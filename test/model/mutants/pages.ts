import { drained, drainedWhereOldIsGivenUp } from '../../../src/phase/guards/index.ts'
import type { Mutant } from './mutant.ts'

/** Backfill and verification. */
export const pageMutants: readonly Mutant[] = [
  {
    name: 'a page fills where new is NULL',
    rule: '1: backfill where the sides do not agree, never where new is NULL',
    replaced: { pageFills: 'where new is NULL' },
    world: 'filling',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'a page of a reverse fill fills where old is NULL',
    rule: '1: in both directions',
    replaced: { pageFills: 'where new is NULL' },
    world: 'valuesHeldByOld',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'a transform outside of SQL writes blindly',
    rule: '4: read, then compare-and-set; never read-then-blind-write',
    replaced: { transform: 'outside, blindly' },
    world: 'backWithoutTrigger',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'a page does not lock the change’s row',
    rule: '5: each page takes FOR SHARE on the change’s row and checks the phase',
    replaced: { pageLocksChange: false },
    world: 'pagesAtTheSwitch',
    breaks: 'lost write',
  },
  {
    name: 'a page reads the phase in one statement with the lock',
    rule: '11: phase and lock in one statement return the phase from before the wait',
    replaced: { phaseIsRead: 'in one statement with the lock' },
    hiddenBy: { guardsLeftOut: [drained.name, drainedWhereOldIsGivenUp.name] },
    world: 'backWithoutTrigger',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'a page does not ask whether the phase allows its direction',
    rule: '10: a forward page after new-only overwrites truth',
    replaced: { pageChecksPhase: false },
    world: 'pagesAtTheSwitch',
    breaks: 'lost write',
  },
  {
    name: 'a page does not ask whether its run still stands',
    rule: '5: a page checks that sync_since is still the run’s',
    replaced: { pageChecksItsRun: false },
    world: 'withoutTrigger',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'a failed verification keeps what was verified',
    rule: '14: a failed verification destroys the verified state',
    replaced: { failedVerificationVoids: false },
    world: 'altered',
    breaks: 'verified in spite of a mismatch',
  },
  {
    name: 'a mismatch counts without a second look',
    rule: '13: a mismatch counts only if it is still there under the row lock',
    replaced: { mismatchIsLookedAtAgain: false },
    world: 'splitTwoWorkers',
    breaks: 'false mismatch',
  },
]
