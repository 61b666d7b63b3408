import { isArmed, oldMayBeBehind } from '../../../src/phase/facts.ts'
import type { ProofEffect } from '../../../src/phase/proof.ts'
import { comparesNames } from '../../../src/sync/sync-triggers.ts'
import type { World } from '../configuration.ts'
import { hasWritten } from '../engine.ts'
import { factsOf } from '../facts.ts'
import type { Option } from '../options.ts'
import { type Control, mapTransactions, type State, type Transaction } from '../state.ts'

/** What a step leaves: the change’s row moved, the trigger set, whatever relied on the epoch before made void. */
export function carryOut(option: Option, state: State, world: World): State {
  if (option.kind === 'drain') return beginDrain(state, world)
  const { control } = state
  const { patch, proof, comparesNames, lenient, switches } = effectOf(option, state, world)
  const moved: State = {
    ...state,
    control: {
      ...control,
      ...patch,
      ...proofPatch(proof, patch.phase ?? control.phase, state, world),
      comparesNames,
      lenient,
      hasSwitched: control.hasSwitched || (canRaise(world) && patch.phase === 'read-switch'),
      altered: control.altered && !switches,
      forced: control.forced || option.forced,
      drainBegun: false,
      steps: control.steps + 1,
    },
    operators: state.operators.map((operator) =>
      operator.decision === null ? operator : { ...operator, decision: { ...operator.decision, current: false } },
    ),
    workers: proof === 'kept' ? state.workers : state.workers.map(standsNoMore),
  }
  return mapTransactions(moved, (tx) => (tx.awaited ? { ...tx, awaited: false } : tx))
}

/** What a step comes to; the same questions in the same order as `move.ts` asks them. */
function effectOf(option: Option, state: State, world: World) {
  const { control } = state
  const { proof: declared = 'kept', ...patch } = patchOf(option, state, world)
  const to = patch.phase ?? control.phase
  const mode = patch.mode ?? control.mode
  const namesAfter = (effect: ProofEffect): boolean => {
    const proved = { ...control, ...proofPatch(effect, to, state, world) }
    const copyBack = world.configuration.copyBack && !oldMayBeBehind(factsOf({ ...state, control: proved }, world))
    return mode !== null && comparesNames({ mode, copyBack })
  }
  const lenient = isLenientIn(to, control, world)
  const isOther = mode !== control.mode || namesAfter(declared) !== control.comparesNames || lenient !== control.lenient
  const switches = mode !== null && (isOther || declared === 'begins' || option.kind === 'unretire')
  // A trigger that is set anew bears no trace of having been altered, so the proof begins anew with it.
  const proof = switches && control.altered ? 'begins' : declared
  return { patch, proof, switches, lenient, comparesNames: namesAfter(proof) }
}

/** Only a transform that can raise has a lenient trigger, as long as nobody has read new. */
export function isLenientIn(
  phase: Control['phase'],
  { hasSwitched }: Pick<Control, 'hasSwitched'>,
  world: World,
): boolean {
  return canRaise(world) && world.protocol.decide.isLenientIn(phase, hasSwitched)
}

function canRaise({ configuration }: World): boolean {
  return configuration.outcomes.includes('unfit')
}

function standsNoMore(worker: State['workers'][number]): State['workers'][number] {
  return worker.task === null ? worker : { ...worker, task: { ...worker.task, stands: false } }
}

/** What a step does to the change's row, as `apply-transition.ts` does it. */
function patchOf(option: Option, state: State, world: World): Partial<Control> & { readonly proof?: ProofEffect } {
  const { phase } = state.control
  const { transition } = option
  switch (option.kind) {
    case 'transition':
    case 'unretire': {
      const { to, holds, reads, proof } = transition!
      return {
        phase: to,
        mode: modeAfter(to, false, state, world),
        verifiedSinceEntry: false,
        armed: state.control.armed && to === 'contracted',
        ...(option.kind === 'unretire' ? { retired: false } : {}),
        ...(reads === undefined ? {} : { held: false }),
        ...(holds ? { held: true } : {}),
        proof: proof?.(factsOf(state, world)) ?? 'kept',
      }
    }
    case 'arm':
      return { mode: modeAfter(phase, true, state, world), armed: true }
    case 'prove-anew':
      return {
        mode: modeAfter(phase, isArmed(factsOf(state, world)), state, world),
        proof: 'begins',
      }
    case 'lift hold':
      return { held: false }
    case 'retire':
      return { retired: true }
    default:
      return { dropped: true }
  }
}

function modeAfter(to: Control['phase'], armed: boolean, { control }: State, world: World): Control['mode'] {
  if (control.mode === null) return null
  const { copyBack } = world.configuration
  return world.protocol.decide.triggerModeIn(to, { copyBack, armed }) ?? control.mode
}

function proofPatch(effect: ProofEffect, to: Control['phase'], state: State, world: World): Partial<Control> {
  const proof = world.protocol.decide.proofAfter(effect, to, factsOf(state, world))
  const { syncSince, verifiedEpoch } = proof
  return {
    synced: syncSince !== null,
    filled: proof.backfillDone,
    direction: proof.backfillDirection,
    verified: syncSince !== null && verifiedEpoch !== null && verifiedEpoch >= syncSince,
    verifiedOnce: verifiedEpoch !== null,
    attested: proof.attested,
  }
}

function beginDrain(state: State, { protocol }: World): State {
  const isSeen = protocol.drainWaitsFor === 'virtual transactions' ? isOpen : hasWritten
  return mapTransactions({ ...state, control: { ...state.control, drainBegun: true } }, (tx) =>
    isSeen(tx) ? { ...tx, awaited: true } : tx,
  )
}

/** A page that asked for the phase beforehand, in a transaction of its own, has none open until it does its work. */
function isOpen({ intent, sharesChange, waitsForChange, at }: Transaction): boolean {
  const isPage = intent === 'fill new' || intent === 'fill old'
  return !isPage || sharesChange || waitsForChange || at > 0
}

/** Writers whom the lenient trigger let through have ended once the table is locked. */
export function becomesStrict(option: Option, state: State, world: World): boolean {
  if (option.kind === 'drain') return false
  const { switches, lenient } = effectOf(option, state, world)
  return switches && state.control.lenient && !lenient
}

/** The mode of the trigger is changed by DDL, and so is a name. */
export function needsTable(option: Option, state: State, world: World): boolean {
  if (option.kind === 'retire' || option.kind === 'unretire' || option.kind === 'drop') return true
  if (option.kind === 'drain') return false
  if (!world.protocol.switchWaitsForWriters || world.protocol.modeComesFrom === 'the phase') return false
  return effectOf(option, state, world).switches
}
