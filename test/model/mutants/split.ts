import type { Mutant } from './mutant.ts'

/** What only two tables can get wrong. */
export const splitMutants: readonly Mutant[] = [
  {
    name: 'a page locks no parent row',
    rule: '2: split backfill locks the parent rows FOR NO KEY UPDATE',
    replaced: { pageLock: 'none' },
    world: 'splitFilling',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'a page locks parent rows FOR KEY SHARE',
    rule: '2: FOR KEY SHARE is not enough',
    replaced: { pageLock: 'key share' },
    world: 'splitFilling',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'a page locks parent rows FOR SHARE',
    rule: '2: FOR SHARE deadlocks by upgrade when two workers meet',
    replaced: { pageLock: 'share' },
    world: 'splitTwoWorkers',
    breaks: 'deadlock',
  },
  {
    name: 'a page inserts with DO NOTHING',
    rule: '2: DO NOTHING cannot repair',
    replaced: { pageOnConflict: 'nothing' },
    world: 'splitFilling',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'deletes do not cascade',
    rule: '3: deletes: foreign key ON DELETE CASCADE, or a trigger',
    replaced: { deletesCascade: false },
    world: 'splitFilling',
    breaks: 'deleted row is back',
  },
  {
    name: 'a deleted child leaves old as it is',
    rule: 'AFTER DELETE on the child sets old NULL',
    replaced: { childDeleteSetsOldNull: false },
    world: 'splitSwitching',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'a repository updates the child without locking the parent',
    rule: 'repositories lock the parent row in the statement that updates the child',
    replaced: { childUpdateLocksParentFirst: false },
    world: 'splitPair',
    breaks: 'deadlock',
  },
  {
    name: 'a child row is inserted without locking the parent',
    rule: 'from read-new on a BEFORE INSERT trigger on the child locks the parent',
    replaced: { childInsertLocksParentFirst: false },
    world: 'splitInserting',
    breaks: 'deadlock',
  },
]
