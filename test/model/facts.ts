import { type Facts, keepsOldInSync } from '../../src/phase/facts.ts'
import type { LiveProcess } from '../../src/phase/live-process.ts'
import { isBefore, type Phase, spanOf } from '../../src/phase/phase.ts'
import { facts, liveProcess } from '../support/facts.ts'
import type { World } from './configuration.ts'
import { type Process, type State, transactionsOf } from './state.ts'

const entered = new Date('2026-01-01T12:00:00Z')
const before = new Date(entered.getTime() - 1_000)
const after = new Date(entered.getTime() + 1_000)

/** What the real guards are asked about, made from a state of the model. */
export function factsOf(state: State, { configuration, protocol }: World): Facts {
  const { control, processes } = state
  const { sync, copyBack } = configuration
  return facts({
    phase: control.phase,
    phaseSince: entered,
    now: after,
    syncSince: control.synced ? 1 : null,
    verifiedEpoch: control.verified ? 1 : control.verifiedOnce ? 0 : null,
    verifiedAt: control.verifiedSinceEntry ? after : before,
    openMismatches: control.mismatch ? 1 : 0,
    quarantined: state.row.quarantined ? 1 : 0,
    backfillDone: control.filled,
    backfillDirection: control.direction,
    readPercent: 100,
    hasSwitched: control.hasSwitched,
    hold: control.held ? 'by the model' : null,
    sync,
    copyBack,
    attested: control.attested,
    drain: control.drainBegun
      ? { waitingFor: transactionsOf(state).flatMap(({ awaited }) => (awaited ? ['a transaction'] : [])) }
      : undefined,
    retiredAt: control.retired ? before : null,
    droppedAt: control.dropped ? after : null,
    trigger:
      control.mode === null
        ? undefined
        : {
            mode: control.mode,
            alteredByHand: control.altered && protocol.noticesAlteration,
            enabledAlways: control.triggerOn,
            laterTriggers: [],
          },
    steps: {},
    processes: processes.filter(({ leased }) => leased).map((process) => registration(process, protocol.registers)),
  })
}

function registration(process: Process, registers: World['protocol']['registers']): LiveProcess {
  const { view, unit, reported } = process
  const acts = reported ?? view
  const isTold = reported === null && registers !== 'its view alone' && unit !== null
  const { oldest, newest } = spanOf(acts, isTold ? unit.phase : acts)
  return liveProcess({
    oldestPhase: oldest,
    newestPhase: newest,
    keyedReads: { old: 0, new: 0, lastOldAgoMs: null },
  })
}

/** The oldest phase by which a process may still act. */
export function oldestPhase({ view, unit }: Process): Phase {
  return unit !== null && isBefore(unit.phase, view) ? unit.phase : view
}

/** Old is in sync in every phase, whatever processes do. */
export function isKeptInSync({ configuration }: World): boolean {
  return keepsOldInSync(configuration)
}
