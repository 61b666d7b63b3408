import type { AnyChange } from '../change/change.ts'
import type { AnyDatabase } from '../drizzle/unit-database.ts'
import type { FlagContext } from '../flags/port.ts'
import type { Decisions, OpenTransaction, UnitOfWork } from './unit-of-work.ts'

/** Where the code that is running stands: in which unit of work, in which transaction. */
export interface Place {
  readonly context: FlagContext | undefined
  /** None inside a long-running `run`, outside its transactions and calls. */
  readonly unit: UnitOfWork | undefined
  readonly database: AnyDatabase
  readonly transaction: OpenTransaction | undefined
}

/** A place inside a unit of work. */
export type UnitPlace = Place & { readonly unit: UnitOfWork }

/** What a piece of work needs: what is decided for it, and the session to do it on. */
export interface Workplace {
  readonly decisions: Decisions
  readonly database: AnyDatabase
  readonly isTransaction: boolean
}

/** In a transaction that has pinned phases, what is decided there is decided by them. */
export function workplaceAt({
  unit,
  database,
  transaction,
}: Pick<UnitPlace, 'unit' | 'database' | 'transaction'>): Workplace {
  return transaction === undefined
    ? { decisions: unit, database, isTransaction: false }
    : { decisions: transaction.pinned.decisionsOf(unit), database, isTransaction: true }
}

/** Does work that reads tables with these changes, and returns what was read once it is sure that it may be used. */
export async function readAt<R>(
  place: UnitPlace,
  changes: readonly AnyChange[],
  work: (workplace: Workplace) => R | PromiseLike<R>,
): Promise<R> {
  const read = await work(workplaceAt(place))
  place.unit.confirmReads(place.transaction?.pinned.unpinned(changes) ?? changes)
  return read
}
