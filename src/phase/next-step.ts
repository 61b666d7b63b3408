import { type Facts, isArmed, isVerified, isVerifiedSinceEntry, keepsOldInSync } from './facts.ts'
import type { Phase } from './phase.ts'
import { isSoakOver } from './step-gates.ts'

/** One step forward, as `next` offers it. */
export type NextStep =
  | { readonly kind: 'migrate' }
  | { readonly kind: 'transition'; readonly to: Phase }
  | { readonly kind: 'backfill' }
  | { readonly kind: 'verify' }
  /** Raise the percentage of keys that read new; for `databaseFlags()`. */
  | { readonly kind: 'reads'; readonly percent: number }
  | { readonly kind: 'arm' }
  /** The sync trigger was dropped by hand: it is put back, and the proof begins anew after that. */
  | { readonly kind: 'reinstall' }
  /** The sync trigger was altered by hand: the proof that both sides agree begins anew. */
  | { readonly kind: 'prove-anew' }
  | { readonly kind: 'retire' }
  | { readonly kind: 'soak'; readonly until: Date }
  | { readonly kind: 'drop' }
  | { readonly kind: 'done' }

/** The percentages through which `next` raises reads, when the database decides them. */
export const readLadder = [5, 50, 100] as const

/** What comes next, from where a change is. A table of the phases, read from the top. */
export function nextStep(facts: Facts): NextStep {
  if (lacksTrigger(facts)) return { kind: 'reinstall' }
  if (facts.trigger?.alteredByHand) return { kind: 'prove-anew' }
  switch (facts.phase) {
    case 'planned':
      return facts.columns.new !== undefined && (facts.sync === 'none' || facts.trigger !== undefined)
        ? { kind: 'transition', to: 'expanded' }
        : { kind: 'migrate' }
    case 'expanded':
      return { kind: 'transition', to: 'dual-write' }
    case 'dual-write':
      if (!facts.backfillDone) return { kind: 'backfill' }
      return isVerified(facts) ? { kind: 'transition', to: 'read-switch' } : { kind: 'verify' }
    case 'read-switch':
      return nextWhileSwitching(facts)
    case 'read-new':
      return { kind: 'transition', to: 'new-only' }
    case 'new-only':
      if (keepsOldInSync(facts) && !facts.backfillDone) return { kind: 'backfill' }
      if (keepsOldInSync(facts) && !isVerified(facts)) return { kind: 'verify' }
      return isArmed(facts) ? { kind: 'transition', to: 'contracted' } : { kind: 'arm' }
    case 'contracted':
      return nextAfterContract(facts)
    case 'abandoned':
      return { kind: 'done' }
  }
}

function lacksTrigger({ sync, trigger, phase, droppedAt }: Facts): boolean {
  return (
    sync === 'trigger' && trigger === undefined && phase !== 'planned' && phase !== 'abandoned' && droppedAt === null
  )
}

function nextWhileSwitching(facts: Facts): NextStep {
  if (!facts.backfillDone) return { kind: 'backfill' }
  if (!isVerified(facts)) return { kind: 'verify' }
  const rung = readLadder.find((percent) => percent > facts.readPercent)
  if (facts.hold !== null) return { kind: 'reads', percent: readLadder[0] }
  if (rung !== undefined && readsAreDecidedHere(facts)) return { kind: 'reads', percent: rung }
  return isVerifiedSinceEntry(facts) ? { kind: 'transition', to: 'read-new' } : { kind: 'verify' }
}

/** False where a live process asks a flag service: its percentage is raised there, and `next` only observes it. */
function readsAreDecidedHere({ processes }: Facts): boolean {
  return processes.every(({ flags }) => flags === 'database')
}

function nextAfterContract(facts: Facts): NextStep {
  if (facts.droppedAt !== null) return { kind: 'done' }
  if (facts.retiredAt === null) return { kind: 'retire' }
  return isSoakOver(facts)
    ? { kind: 'drop' }
    : { kind: 'soak', until: new Date(facts.retiredAt.getTime() + facts.soakMs) }
}

/** Steps that are guarded, free to undo and decided by nobody, so that a deploy pipeline may take them. */
export function isSafe(step: NextStep): boolean {
  switch (step.kind) {
    case 'transition':
      return step.to === 'expanded' || step.to === 'dual-write'
    case 'backfill':
    case 'verify':
    case 'prove-anew':
      return true
    default:
      return false
  }
}

/** The decision that a step asks a person for; undefined where it follows by itself. */
export function decisionOf(step: NextStep): 'reads' | 'stop using old' | 'retire' | undefined {
  if (step.kind === 'reads') return 'reads'
  if (step.kind === 'retire' || step.kind === 'drop') return 'retire'
  if (step.kind !== 'transition') return undefined
  const decisions: Partial<Record<Phase, 'reads' | 'stop using old' | 'retire'>> = {
    'read-switch': 'reads',
    'read-new': 'reads',
    'new-only': 'stop using old',
    contracted: 'retire',
  }
  return decisions[step.to]
}
