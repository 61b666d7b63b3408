import { keepsOldInSync } from '../facts.ts'
import { type LiveProcess, processesAbove, processesBelow, processName, processStanding } from '../live-process.ts'
import { courtesy, type Guard, safety, safetyUnlessInSync } from './guard.ts'

/** For so long a process must have read new only, for all units with a key, before its reads count as on new. */
const observationWindowMs = 10_000

export const processesKnowTheChange: Guard = {
  name: 'every live process that declares the table knows the change',
  // With the trigger an unaware process loses nothing; it would only be refused later.
  kind: ({ sync }) => (sync === 'none' ? 'safety' : 'courtesy'),
  blockers: ({ processes }) =>
    processes
      .filter(({ oldestPhase }) => oldestPhase === undefined)
      .map((process) => {
        const cure = process.problem === undefined ? ': deploy a release that declares it' : ''
        return `${processStanding(process)}${cure}`
      }),
}

export const readsAreOnNew: Guard = {
  name: 'reads with a key are observed on new',
  kind: courtesy,
  blockers: ({ processes, hold }) => [
    ...(hold === null ? [] : [`reads are held on old (${hold})`]),
    ...processes.filter(readsOld).map((process) => `${processName(process)} still reads old for some keys`),
    ...processes.filter(isUnbelievable).map(processStanding),
  ],
}

function readsOld({ keyedReads: { lastOldAgoMs } }: LiveProcess): boolean {
  return lastOldAgoMs !== null && lastOldAgoMs < observationWindowMs
}

/** What it reads is as unknown as what it writes. */
function isUnbelievable({ problem }: LiveProcess): boolean {
  return problem !== undefined
}

/** With the trigger everybody does; without, what a process writes to old alone is never seen by those who read new. */
export const processesAtDualWrite: Guard = {
  name: 'every live process writes both sides',
  kind: safety,
  blockers: ({ sync, processes }) =>
    sync === 'none' ? processesBelow(processes, 'dual-write').map(processStanding) : [],
}

export const processesAtReadNew: Guard = {
  name: 'every live process reads new',
  // With copy-back old stays in sync, so a process that lags reads right values.
  kind: safetyUnlessInSync,
  blockers: ({ processes }) => processesBelow(processes, 'read-new').map(processStanding),
}

export const processesAtNewOnly: Guard = {
  name: 'every live process writes new only',
  kind: courtesy,
  blockers: ({ processes }) => processesBelow(processes, 'new-only').map(processStanding),
}

export const noProcessBelowNewOnly: Guard = {
  name: 'no process names the old column any more',
  // The column is about to go: a process that names it would fail with every statement.
  kind: safety,
  blockers: ({ processes }) => processesBelow(processes, 'new-only').map(processStanding),
}

/** Whoever goes by a later phase may read new, and from `expanded` on nobody would write it. */
export const nobodyReadsNew: Guard = {
  name: 'no live process may still read new',
  kind: safety,
  // With the trigger new is written in every phase.
  blockers: ({ sync, processes }) =>
    sync === 'none' ? processesAbove(processes, 'dual-write').map(processStanding) : [],
}

/** Where old holds the truth, writes to new alone are refused. */
export const nobodyWritesNewAlone: Guard = {
  name: 'no live process writes new alone',
  kind: courtesy,
  blockers: ({ processes }) => processesAbove(processes, 'read-new').map(processStanding),
}

/** A transaction that is open still may write by what was decided in the phase before. */
export const drained: Guard = {
  name: 'transactions that were open before have ended',
  kind: safetyUnlessInSync,
  blockers: ({ drain }) =>
    drain === undefined
      ? ['transactions that were open before have not been waited for yet: that begins once nothing else is in the way']
      : drain.waitingFor,
}

/** With copy-back a transaction that is late loses nothing, so nobody waits for it. */
export const drainedWhereOldIsGivenUp: Guard = {
  ...drained,
  name: 'transactions that were open before have ended, where old is given up',
  blockers: (facts) => (keepsOldInSync(facts) ? [] : drained.blockers(facts)),
}
