import { isBefore, type Phase, phases, type Side } from '../../src/phase/phase.ts'
import type { Violation } from './checker.ts'
import type { World } from './configuration.ts'
import { unfitIsRefused } from './engine.ts'
import { isKeptInSync } from './facts.ts'
import { holdsLatest, type Process, type Row, type State, sidesAgree } from './state.ts'

/** What a read through a repository must not return. */
export function staleRead({ row }: State, side: Side): Violation | undefined {
  const value = side === 'old' ? row.old : row.next
  if (holdsLatest(value, row)) return undefined
  return row.latest === 'value' || row.latest === 'unfit'
    ? { property: 'stale read', fact: `${side} is older than what was acknowledged before the read was sent` }
    : { property: 'deleted row is back', fact: `${side} still holds what was deleted` }
}

/** A process that the registry sees is refused only where a courtesy guard was overridden. */
export function refusalViolation({ control }: State, process: Process, why: string): Violation | undefined {
  const { excused, phase } = process.unit!
  const isExcused = control.retired ? excused === 'from the contract on' : excused !== 'no'
  if (control.forced || isExcused || !process.leased) return undefined
  return { property: 'refused write', fact: `a live process at "${phase}" fails: ${why}` }
}

/** An old release, or a writer of new alone, is refused only where the trigger has been armed, or new is not the truth. */
export function refusalOfOthers({ control }: State, side: Side, why: string | undefined): Violation | undefined {
  const { phase, armed } = control
  if (why === undefined || !why.includes('trigger')) return undefined
  if (why === unfitIsRefused)
    return isBefore(phase, 'read-switch') && !control.hasSwitched ? failsOldSchema(phase) : undefined
  if (side === 'old' ? armed : phases[phase].truth === 'old') return undefined
  return {
    property: 'refused write',
    fact: `a writer of ${side} alone is refused in "${phase}", where it is not armed`,
  }
}

function failsOldSchema(phase: Phase): Violation {
  return { property: 'refused write', fact: `a write that the old schema accepts fails in "${phase}"` }
}

/** A verification that found a mismatch, and yet the change counts as verified. */
export function verifiedInSpite({ control: { verified, mismatch } }: State): Violation | undefined {
  return verified && !mismatch
    ? {
        property: 'verified in spite of a mismatch',
        fact: 'the verification failed, and the change counts as verified',
      }
    : undefined
}

/** A mismatch that is none: the row was being written. */
export function confirmedFalsely({ row }: State): Violation | undefined {
  return sidesAgree(row) ? { property: 'false mismatch', fact: 'both sides agree' } : undefined
}

/** Where each step onwards relies on it that new lacks nothing. */
export function movedOn({ control, row }: State, to: Phase, world: World): Violation | undefined {
  const relies = to === 'read-switch' || to === 'read-new' || to === (isKeptInSync(world) ? 'contracted' : 'new-only')
  if (!isBefore(control.phase, to) || !relies) return undefined
  if (holdsLatest(row.next, row) || !holdsLatest(row.old, row)) return undefined
  return { property: 'moved on unproved', fact: `"${to}" relies on new, which lacks what was acknowledged last` }
}

/** A page that writes over the last copy of what was acknowledged last. */
export function destroyed(before: Row, after: Row): Violation | undefined {
  const isHeld = (row: Row): boolean => holdsLatest(row.old, row) || holdsLatest(row.next, row)
  if (!isHeld(before) || isHeld(after)) return undefined
  return { property: 'lost write', fact: 'a page has written over the only copy of what was acknowledged last' }
}

/** What has to hold in every state. */
export function violationIn(state: State, world: World): Violation | undefined {
  return lostWrite(state, world) ?? returnedRow(state) ?? filledInDisagreement(state, world) ?? inexactQuarantine(state)
}

/** The side that holds the truth holds what was acknowledged last. */
function lostWrite({ control, row }: State, { configuration }: World): Violation | undefined {
  // A disabled trigger is outside of the promise; there, what was proved has to hold.
  if (configuration.hands) return undefined
  const { truth } = phases[control.phase]
  if (holdsLatest(truth === 'old' ? row.old : row.next, row)) return undefined
  return row.latest === 'value' || row.latest === 'unfit'
    ? {
        property: 'lost write',
        fact: `${truth} holds the truth in "${control.phase}", and not what was acknowledged last`,
      }
    : { property: 'deleted row is back', fact: `${truth} holds the truth, and something that was deleted` }
}

function returnedRow({ row }: State): Violation | undefined {
  return row.latest === 'deleted' && (row.present || row.next !== 'none')
    ? { property: 'deleted row is back', fact: 'a part of the row is there again' }
    : undefined
}

/** Wherever both sides are written, what was filled agrees. */
function filledInDisagreement({ control, row }: State, world: World): Violation | undefined {
  const { phase, filled, synced, altered } = control
  if (!filled || !synced || sidesAgree(row)) return undefined
  const oldIsGivenUp = phases[phase].write === 'new' && !isKeptInSync(world)
  // Noticed by its version, an altered trigger voids what was proved at the next step.
  if (oldIsGivenUp || (altered && world.protocol.noticesAlteration)) return undefined
  return { property: 'filled and in disagreement', fact: `the backfill is done in "${phase}", and the sides differ` }
}

/** In quarantine is what the transform rejects, and nothing else. */
function inexactQuarantine({ row }: State): Violation | undefined {
  return row.quarantined && row.latest !== 'unfit'
    ? { property: 'quarantine in error', fact: 'a key is in quarantine whose value the transform takes' }
    : undefined
}
