import { backfillPhases } from '../../../src/backfill/allowed-phases.ts'
import { verificationPhases } from '../../../src/verify/allowed-phases.ts'
import type { Step } from '../checker.ts'
import type { World } from '../configuration.ts'
import { holderAgainst, newTransaction } from '../engine.ts'
import { factsOf } from '../facts.ts'
import type { Options } from '../options.ts'
import { confirmedFalsely, destroyed, verifiedInSpite } from '../properties.ts'
import {
  type Control,
  changeRowIsLocked,
  changeRowIsShared,
  replaceAt,
  type State,
  sidesAgree,
  type Task,
  transactionsOf,
  type Worker,
} from '../state.ts'
import { continuations, lockedChange } from '../transactions.ts'

/** Adds a step; `undefined`, so that a function may end with it. */
type Now = (label: string, next: Worker, after?: State, breaks?: Step['breaks']) => undefined

/** Fills and verifies. It may end at any moment; what is committed stays, and a run is taken up again. */
export function workerSteps(state: State, at: number, world: World, options: Options): Step[] {
  const worker = state.workers[at]!
  const steps: Step[] = []
  const now: Now = (label, next, after = state, breaks) => {
    steps.push({
      label: `worker ${at + 1} ${label}`,
      state: { ...after, workers: replaceAt(after.workers, at, next) },
      ...(breaks === undefined ? {} : { breaks }),
    })
  }
  if (worker.tx !== null) page(state, worker, world, now)
  else if (worker.task === null) begin(state, worker, world, options, now)
  else if (worker.task.kind === 'fill') fillOn(state, worker, worker.task, world, now)
  else verifyOn(state, worker, worker.task, world, now)
  if (worker.task !== null && worker.tx === null) now('is killed', { task: null, tx: null })
  return steps
}

function begin(state: State, worker: Worker, world: World, options: Options, now: Now): undefined {
  const { control } = state
  if (!control.synced || changeRowIsLocked(state)) return
  const direction = world.protocol.decide.fillsFrom(control.phase) === 'old' ? 'forward' : 'reverse'
  const task = { direction, stands: true, found: 'nothing yet' } as const
  const isDue = !control.filled || control.direction !== direction
  // The trigger has to be there, or the guards of a fill without one hold.
  const mayFill = world.configuration.sync === 'none' ? options.of(state).mayFill : control.triggerOn
  const startsRun = isDue && backfillPhases[direction].includes(control.phase) && mayFill && !changeRowIsShared(state)
  if (startsRun) {
    now(
      `begins a ${direction} backfill`,
      { ...worker, task: { kind: 'fill', ...task } },
      withControl(state, { filled: false, direction, ...verifiedAsFillBegins(state, world, direction) }),
    )
  }
  if (verificationPhases.includes(control.phase))
    now('begins a verification', { ...worker, task: { kind: 'verify', ...task } })
}

function fillOn(state: State, worker: Worker, task: Task, world: World, now: Now): undefined {
  const { protocol } = world
  const { control } = state
  const mayRun =
    control.synced &&
    (backfillPhases[task.direction].includes(control.phase) || !protocol.pageChecksPhase) &&
    (task.stands || !protocol.pageChecksItsRun)
  if (task.found === 'done') {
    if (changeRowIsLocked(state) || changeRowIsShared(state)) return
    if (!mayRun) return now('finds that its run stands no more', { ...worker, task: null })
    return now(
      'marks the backfill as done',
      { ...worker, task: null },
      withControl(state, { filled: true, direction: task.direction }),
    )
  }
  const waitsForChange = protocol.pageLocksChange && changeRowIsLocked(state)
  if (waitsForChange && protocol.phaseIsRead === 'after the lock') return
  if (!mayRun) return now('finds that its run stands no more', { ...worker, task: null })
  const intent = task.direction === 'forward' ? 'fill new' : 'fill old'
  now(`begins a page (${intent})`, {
    ...worker,
    tx: { ...newTransaction, intent, sharesChange: protocol.pageLocksChange && !waitsForChange, waitsForChange },
  })
}

function page(state: State, worker: Worker, world: World, now: Now): undefined {
  if (worker.tx!.waitsForChange && changeRowIsLocked(state)) return
  const tx = lockedChange(worker.tx!)
  for (const next of continuations(state, tx, world, { raw: false })) {
    const committed = tx.ready && next.label.startsWith('commits')
    const task: Task = committed ? { ...worker.task!, found: 'done' } : worker.task!
    const overwrote = world.limits.includes('writes past a disabled trigger')
      ? undefined
      : destroyed(state.row, next.state.row)
    now(`in its page ${next.label}`, { task, tx: next.tx }, next.state, next.breaks ?? overwrote)
  }
}

function verifyOn(state: State, worker: Worker, task: Task, { protocol }: World, now: Now): undefined {
  const { control, row } = state
  if (task.found === 'nothing yet') {
    if (sidesAgree(row)) return now('finds that the sides agree', { ...worker, task: { ...task, found: 'agreement' } })
    return now('finds a suspect', { ...worker, task: { ...task, found: 'suspect' } })
  }
  if (task.found === 'suspect') return lookAgain(state, worker, task, protocol, now)
  if (changeRowIsLocked(state) || changeRowIsShared(state)) return
  const isVoid = !task.stands || !control.synced || !verificationPhases.includes(control.phase)
  if (isVoid) return now('finds that the sides were not in sync all the time', { ...worker, task: null })
  if (task.found === 'agreement') {
    const proved = { verified: true, verifiedOnce: true, verifiedSinceEntry: true, mismatch: false }
    return now('records that the sides are verified', { ...worker, task: null }, withControl(state, proved))
  }
  if (!protocol.failedVerificationVoids) {
    return now('forgets that the verification failed', { ...worker, task: null }, state, verifiedInSpite(state))
  }
  const fillAgain = backfillPhases.forward.includes(control.phase) ? { filled: false } : {}
  const refuted = withControl(state, {
    verified: false,
    verifiedOnce: false,
    verifiedSinceEntry: false,
    ...fillAgain,
  })
  now('records that the verification failed', { ...worker, task: null }, refuted, verifiedInSpite(refuted))
}

/** What a verification still says once a fill begins. */
function verifiedAsFillBegins(state: State, world: World, direction: Task['direction']): Partial<Control> {
  const { syncSince, verifiedEpoch } = factsOf(state, world)
  const { verifiedEpochAsFillBegins } = world.protocol.decide
  const left = verifiedEpochAsFillBegins(direction, { verifiedEpoch, syncSince: syncSince! })
  const verified = left !== null && left >= syncSince!
  return { verified, verifiedOnce: left !== null, verifiedSinceEntry: state.control.verifiedSinceEntry && verified }
}

/** Under the lock of the row, where no writer is in between. */
function lookAgain(state: State, worker: Worker, task: Task, protocol: World['protocol'], now: Now): undefined {
  const { row } = state
  const goOn = (found: Task['found']): Worker => ({ ...worker, task: { ...task, found } })
  if (protocol.mismatchIsLookedAtAgain) {
    const writer = holderAgainst('parent', 'no key update', transactionsOf(state))
    if (writer !== undefined || changeRowIsLocked(state)) return
    if (sidesAgree(row)) return now('finds that the sides agree by now', goOn('agreement'))
  }
  const recorded = protocol.failedVerificationVoids ? withControl(state, { mismatch: true }) : state
  now('records a mismatch', goOn('mismatch'), recorded, confirmedFalsely(state))
}

function withControl(state: State, patch: Partial<Control>): State {
  return { ...state, control: { ...state.control, ...patch } }
}
