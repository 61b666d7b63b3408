import type { Phase } from '../phase/phase.ts'
import type { Moment } from './moment.ts'

/** What a process knows of a change between two polls. */
export interface ChangeState {
  readonly phase: Phase
  readonly epoch: number
  /** Reads are forced to old while in read-switch. */
  readonly held: boolean
  readonly readPercent: number
  /** False where no row exists and the catalog decided. */
  readonly recorded: boolean
  /** Whoever acts by an older phase loses and misreads nothing. */
  readonly keepsOldInSync: boolean
  /** When the database was asked; what it answered may be newer, never older. */
  readonly seenAt: Moment
  /** Grows each time that it was seen again after the view had been stale. */
  readonly tenure: number
}

/** What the database, or the catalog, says of it now. */
export type FoundState = Omit<ChangeState, 'seenAt' | 'tenure'>

/** True where nothing has changed that decisions depend on. */
export function isSameState(one: ChangeState | undefined, other: ChangeState): boolean {
  return (
    one !== undefined &&
    one.epoch === other.epoch &&
    one.phase === other.phase &&
    one.readPercent === other.readPercent &&
    one.held === other.held
  )
}
