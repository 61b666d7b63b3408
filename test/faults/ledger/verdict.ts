/** A promise that was broken, and how often. */
export type ViolationKind =
  /** An acknowledged write of which nothing is left although nothing newer took its place. */
  | 'lost'
  /** A row that is there although its deletion was acknowledged. */
  | 'resurrected'
  /** A read of a value older than the newest one whose write was acknowledged before the read was sent. */
  | 'stale'
  /** Old and new differ in a phase that says that they are equal. */
  | 'disagree'
  /** A value that no ledger knows, or one version made by two writes. */
  | 'forged'
  /** A request that was refused, and nothing that the run did explains it. */
  | 'unexplained'
  /** A row value, a password or a connection string in something that a process printed. */
  | 'leak'
  /** A guard, a step or a command that did not do what it has to. */
  | 'broken'

export const violationKinds: readonly ViolationKind[] = [
  'lost',
  'resurrected',
  'stale',
  'disagree',
  'forged',
  'unexplained',
  'leak',
  'broken',
]

export interface Violation {
  readonly kind: ViolationKind
  readonly what: string
}

/** What the ledgers say of a run, held against the table at its end. */
export interface Verdict {
  readonly operations: number
  readonly acknowledged: number
  /** Requests without an answer, those of killed processes included. */
  readonly unknown: number
  readonly rows: number
  /** Refused requests by what explains them. */
  readonly refused: Readonly<Record<string, number>>
  readonly violations: readonly Violation[]
}
