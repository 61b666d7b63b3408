import { drained, drainedWhereOldIsGivenUp } from '../../../src/phase/guards/index.ts'
import type { Mutant } from './mutant.ts'

/** Repositories, the registry and drains. */
export const writerMutants: readonly Mutant[] = [
  {
    name: 'writers trust their lease',
    rule: '8: a lease alone is unsafe at any length',
    replaced: { writers: 'by their lease' },
    world: 'withoutTrigger',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'a strict writer reads the phase in one statement with the lock',
    rule: '11: phase and lock in one statement return the phase from before the wait',
    replaced: { phaseIsRead: 'in one statement with the lock' },
    hiddenBy: { guardsLeftOut: [drained.name, drainedWhereOldIsGivenUp.name] },
    world: 'backWithoutTrigger',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'a dual write in two transactions',
    rule: '6: both sides of a dual write in one transaction',
    replaced: { dualWrite: 'in two' },
    world: 'pairWithoutTrigger',
    breaks: 'filled and in disagreement',
  },
  {
    name: 'a process registers its view alone',
    rule: '9: a process reports the oldest phase of its open units of work',
    replaced: { registers: 'its view alone' },
    world: 'pairWithoutCopyBack',
    breaks: 'stale read',
  },
  {
    name: 'a process goes on before it registers',
    rule: '9: what the registry says is never younger than what a process acts by',
    replaced: { registers: 'its oldest unit, after it went on' },
    world: 'registering',
    breaks: 'stale read',
  },
  {
    name: 'a read that outlived the lease is returned',
    rule: '8: a lease alone is unsafe at any length',
    replaced: { lateReads: 'returned' },
    world: 'pairWithoutCopyBack',
    breaks: 'stale read',
  },
  {
    name: 'a drain waits for transactions that have written',
    rule: '12: drain waits on virtualxids; snapshot xmin misses transactions without xid',
    replaced: { drainWaitsFor: 'transactions that have written' },
    world: 'withoutTrigger',
    breaks: 'filled and in disagreement',
  },
]
