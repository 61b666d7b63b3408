import type { Facts } from '../../src/phase/facts.ts'
import type { LiveProcess } from '../../src/phase/live-process.ts'

const noon = new Date('2026-01-01T12:00:00Z')

/** A change in dual-write in which nothing is wrong; a test states what differs. */
export function facts(different: Partial<Facts> = {}): Facts {
  return {
    changeId: 'user-full-name',
    oldName: 'users.name',
    newName: 'users.full_name',
    phase: 'dual-write',
    phaseSince: new Date(noon.getTime() - 60_000),
    epoch: 2,
    now: noon,
    syncSince: 1,
    verifiedEpoch: 2,
    verifiedAt: new Date(noon.getTime() - 1_000),
    openMismatches: 0,
    quarantined: 0,
    backfillDone: true,
    backfillDirection: 'forward',
    readPercent: 0,
    hold: null,
    sync: 'trigger',
    copyBack: true,
    attested: false,
    drain: { waitingFor: [] },
    soakMs: 0,
    retiredAt: null,
    droppedAt: null,
    columns: { old: 'text', new: 'text' },
    typeProblem: undefined,
    loses: undefined,
    trigger: { mode: 'old', alteredByHand: false, enabledAlways: true, laterTriggers: [] },
    steps: { expand: 'done', handover: 'done', retire: 'deferred', drop: 'deferred' },
    invalidIndexes: [],
    oldConstraints: [],
    rolesWithoutNewSide: [],
    processes: [],
    hasSwitched: false,
    namedSince: new Date(noon.getTime() - 3_600_000),
    unawareWriters: [],
    dependents: [],
    ...different,
  }
}

export function liveProcess(different: Partial<LiveProcess> = {}): LiveProcess {
  return {
    name: 'billing',
    release: '4f2a1c',
    host: 'web-3',
    pid: 812,
    isShared: false,
    flags: 'database',
    oldestPhase: 'dual-write',
    newestPhase: different.oldestPhase ?? 'dual-write',
    keyedReads: { old: 0, new: 0, lastOldAgoMs: null },
    longUnits: 0,
    silentForMs: 1_000,
    isSilent: false,
    leaseEndsInMs: 14_000,
    problem: undefined,
    ...different,
  }
}
