/** What a process does with the two sides in one phase. */
export interface Behaviour {
  readonly stage: Stage
  readonly write: 'old' | 'both' | 'new'
  /** `flag`: what the read flag says, decided once per unit of work. */
  readonly read: 'old' | 'flag' | 'new'
  /** The side that wins where the two disagree. */
  readonly truth: Side
  /** What the sync trigger does with writes to one side alone, while the refusal is not armed (`triggerModeIn`). */
  readonly triggerMode: TriggerMode | undefined
}

export type Side = 'old' | 'new'
export type Stage = 'Expand' | 'Fill' | 'Switch' | 'Contract'
/**
 * What the sync trigger does with writes to one side alone.
 *
 * | mode      | old alone    | new alone      |
 * | --------- | ------------ | -------------- |
 * | `old`     | copy forward | refuse         |
 * | `both`    | copy forward | copy back      |
 * | `new`     | refuse       | copy back      |
 * | `forward` | copy forward | leave old      |
 * | `fence`   | refuse       | leave old      |
 *
 * Where both sides are written and disagree, old wins in mode `old` and new in all others. `forward` and `fence` stand in
 * for `both` and `new` from new-only on where copy-back is off.
 */
export type TriggerMode = 'old' | 'both' | 'new' | 'forward' | 'fence'
/** What keeps the two sides together: a trigger in the database, or nothing but the repositories. */
export type Synchronisation = 'trigger' | 'none'

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

/** The ends of the stretch of phases by which somebody acts. */
export interface PhaseSpan {
  readonly oldest: Phase
  readonly newest: Phase
}

/** The stretch that reaches from the oldest to the newest of some phases. */
export function spanOf(first: Phase, ...others: readonly Phase[]): PhaseSpan {
  return others.reduce<PhaseSpan>(
    ({ oldest, newest }, phase) => ({
      oldest: isBefore(phase, oldest) ? phase : oldest,
      newest: isBefore(newest, phase) ? phase : newest,
    }),
    { oldest: first, newest: first },
  )
}

function orderOf(phase: Phase): number {
  return Math.max(0, orderedPhases.indexOf(phase))
}

/** Whether the old side is kept in sync after new-only, and whether writes to old alone are refused already. */
export interface TriggerSetting {
  readonly copyBack: boolean
  /** From the contract on it always is. */
  readonly armed: boolean
}

/** The mode of the sync trigger in a phase; undefined where it is left as it is, or not there yet. */
export function triggerModeIn(phase: Phase, { copyBack, armed }: TriggerSetting): TriggerMode | undefined {
  if (isBefore(phase, 'new-only')) return phases[phase].triggerMode
  const refuses = armed || phase === 'contracted'
  if (copyBack) return refuses ? 'new' : 'both'
  return refuses ? 'fence' : 'forward'
}

/**
 * True where the sync trigger lets an old release write what the transform rejects: as long as nobody reads new. From
 * read-switch on such a write fails, also after the way back: a unit of work that is pinned to new would not find what a
 * lenient trigger had emptied.
 *
 * @param hasSwitched whether the change has ever been in read-switch.
 */
export function isLenientIn(phase: Phase, hasSwitched: boolean): boolean {
  return isBefore(phase, 'read-switch') && !hasSwitched
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
