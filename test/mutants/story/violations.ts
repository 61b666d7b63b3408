export type ViolationKind =
  /** The side that holds the truth has not what was acknowledged last. */
  | 'lost write'
  /** A read returned an older value than the one whose write was acknowledged before the read was sent. */
  | 'stale read'
  | 'deleted row is back'
  /** The side that follows differs, in a phase that says that both are equal. */
  | 'sides disagree'
  /** The fence refused a write that its mode has to accept. */
  | 'refused write'
  /** A request failed in another way. */
  | 'failed request'
  /** A verification counted a row whose sides agree. */
  | 'false mismatch'
  /** Two operators decided on the same state of a change, and both moved it. */
  | 'both operators won'
  /** The change cannot be brought to its end: a guard that nothing satisfies, or an error of a step. */
  | 'stuck'

export interface Violation {
  readonly kind: ViolationKind
  readonly what: string
}

/** So many examples of each kind say what there is to say. */
const examples = 5

/** The promises that a story saw broken: each subject once, however often it shows. */
export class Violations {
  readonly #found = new Map<ViolationKind, Map<string, string>>()

  report(kind: ViolationKind, subject: string, what: string): void {
    const ofKind = this.#found.get(kind) ?? new Map<string, string>()
    this.#found.set(kind, ofKind)
    if (ofKind.size < examples && !ofKind.has(subject)) ofKind.set(subject, what)
  }

  include(kind: ViolationKind): boolean {
    return this.#found.has(kind)
  }

  get all(): readonly Violation[] {
    return [...this.#found].flatMap(([kind, ofKind]) =>
      [...ofKind].map(([subject, what]) => ({ kind, what: `${subject}: ${what}` })),
    )
  }
}
