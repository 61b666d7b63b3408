/** What a process does with the two sides in one phase. */
export interface Behaviour {
  readonly stage: Stage
  readonly write: 'old' | 'both' | 'new'
  /** `flag`: what the read flag says, decided once per unit of work. */
  readonly read: 'old' | 'flag' | 'new'
  /** The side that wins where the two disagree. */
  readonly truth: Side
  /** Argument of the sync trigger; in new-only `both` until the refusal is armed, then `new`. */
  readonly triggerMode: TriggerMode | undefined
}

export type Side = 'old' | 'new'
export type Stage = 'Expand' | 'Fill' | 'Switch' | 'Contract'
/** Which side the sync trigger lets win: `old` copies forward, `both` copies both ways, `new` refuses writes to old alone. */
export type TriggerMode = 'old' | 'both' | 'new'

/**
 * The seven phases of a change, in order, and how processes behave in each: one ordered value, never several booleans.
 * `abandoned` ends a change towards the old side.
 */
export const phases = {
  planned: { stage: 'Expand', write: 'old', read: 'old', truth: 'old', triggerMode: undefined },
  expanded: { stage: 'Expand', write: 'old', read: 'old', truth: 'old', triggerMode: 'old' },
  'dual-write': { stage: 'Fill', write: 'both', read: 'old', truth: 'old', triggerMode: 'old' },
  'read-switch': { stage: 'Switch', write: 'both', read: 'flag', truth: 'old', triggerMode: 'old' },
  'read-new': { stage: 'Switch', write: 'both', read: 'new', truth: 'new', triggerMode: 'both' },
  'new-only': { stage: 'Contract', write: 'new', read: 'new', truth: 'new', triggerMode: 'both' },
  contracted: { stage: 'Contract', write: 'new', read: 'new', truth: 'new', triggerMode: 'new' },
  abandoned: { stage: 'Expand', write: 'old', read: 'old', truth: 'old', triggerMode: undefined },
} as const satisfies Record<string, Behaviour>

export type Phase = keyof typeof phases

/** The phases that a change runs through, in order; `abandoned` stands aside. */
export const orderedPhases: readonly Phase[] = (Object.keys(phases) as Phase[]).filter((phase) => phase !== 'abandoned')

/** True where `phase` comes before `other` on the way from old to new. An abandoned change counts as planned. */
export function isBefore(phase: Phase, other: Phase): boolean {
  return orderOf(phase) < orderOf(other)
}

function orderOf(phase: Phase): number {
  return Math.max(0, orderedPhases.indexOf(phase))
}

/** The sides that one unit of work reads from and writes to: a phase with its read decision made. */
export interface Mode {
  readonly read: Side
  readonly write: Behaviour['write']
}

/**
 * The effective read: the flag's wish, clamped to what the phase permits. Without a wish (no flag service, no key) the
 * side that holds the truth is read.
 *
 * @param held reads are forced to old, in read-switch only.
 */
export function modeIn(phase: Phase, wish: Side | undefined, held = false): Mode {
  const { read, write } = phases[phase] as Behaviour
  return { read: read === 'flag' ? (held ? 'old' : (wish ?? 'old')) : read, write }
}
