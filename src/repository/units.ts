import { AsyncLocalStorage } from 'node:async_hooks'
import type { PgTransactionConfig } from 'drizzle-orm/pg-core'
import { type AnyDatabase, unitDatabase } from '../drizzle/unit-database.ts'
import { failure } from '../errors/index.ts'
import type { FlagContext } from '../flags/port.ts'
import { type Decider, OpenTransaction, type UnitObserver, UnitOfWork } from './unit-of-work.ts'

/** How a unit of work is run. */
export interface RunOptions {
  /**
   * For work that takes longer than a minute (an import, a job, a stream): nothing is pinned across its transactions
   * and calls, so that it follows a change of phase instead of holding it up. Default: `false`.
   *
   * `resolve` then works inside its transactions only, since nothing else in it keeps one decision. Of no effect inside
   * another `run`, which is joined.
   */
  readonly longRunning?: boolean
}

/** Where the code that is running stands: in which unit of work, in which transaction. */
interface Place {
  readonly context: FlagContext | undefined
  /** None inside a long-running `run`, outside its transactions and calls. */
  readonly unit: UnitOfWork | undefined
  readonly database: AnyDatabase
  readonly transaction: OpenTransaction | undefined
}

/** A unit of work to do something in, and the session to do it on. */
export interface Workplace {
  readonly unit: UnitOfWork
  readonly database: AnyDatabase
  readonly isTransaction: boolean
}

/** The units of work of a process. The one that code belongs to follows it through its asynchronous calls. */
export class Units {
  readonly #places = new AsyncLocalStorage<Place>()
  readonly #outside: Place
  readonly #decider: Decider
  readonly #observer: UnitObserver | undefined

  constructor(database: AnyDatabase, decider: Decider, observer: UnitObserver | undefined) {
    this.#outside = { context: undefined, unit: undefined, database: unitDatabase(database), transaction: undefined }
    this.#decider = decider
    this.#observer = observer
  }

  /** Does one call in the unit of work around it, or in one of its own. */
  call<R>(work: (workplace: Workplace) => R | PromiseLike<R>): Promise<R> {
    return this.#whenCurrent(() => {
      const { database, transaction, unit } = this.#here()
      return unit.during(() => work({ unit, database, isTransaction: transaction !== undefined }))
    })
  }

  /** Does one call, like `call`, with everything that `work` starts in the same unit. */
  enclose<R>(work: (workplace: Workplace) => R | PromiseLike<R>): Promise<R> {
    return this.#whenCurrent(() => {
      const place = this.#here()
      const { database, transaction, unit } = place
      return unit.during(() =>
        this.#places.run(place, () => work({ unit, database, isTransaction: transaction !== undefined })),
      )
    })
  }

  /** The unit of work around the caller, if it is in one. */
  current(): Workplace | undefined {
    const { database, transaction, unit } = this.#place()
    return unit?.isOpen ? { unit, database, isTransaction: transaction !== undefined } : undefined
  }

  run<R>(context: FlagContext | undefined, work: () => R | PromiseLike<R>, options: RunOptions = {}): Promise<R> {
    return this.#whenCurrent(() => {
      const place = this.#place()
      const outer = place.unit?.isOpen ? place.unit : undefined
      if (options.longRunning === true && outer === undefined) {
        return this.#places.run({ ...place, context, unit: undefined }, async () => work())
      }
      const unit = outer ?? this.#newUnit(context)
      return unit.during(() => this.#places.run({ ...place, context: unit.context, unit }, work))
    })
  }

  transaction<R>(
    context: FlagContext | undefined,
    work: (tx: AnyDatabase) => Promise<R>,
    config: PgTransactionConfig | undefined,
  ): Promise<R> {
    const place = this.#place()
    if (place.transaction !== undefined && config !== undefined) {
      throw failure('EC_QUERY_MISUSE', {
        problem:
          'A transaction inside another one (a savepoint) was given a configuration, which PostgreSQL cannot apply to it.',
        advice: 'Give the isolation level and access mode to the outermost transaction.',
      })
    }
    return this.#whenCurrent(() => {
      const unit = place.unit?.isOpen ? place.unit : this.#newUnit(context ?? place.context)
      return unit.during(() =>
        place.database.transaction(async (tx) => {
          const transaction = new OpenTransaction()
          try {
            return await this.#places.run({ context: unit.context, unit, database: tx, transaction }, () => work(tx))
          } finally {
            transaction.end()
          }
        }, config),
      )
    })
  }

  /**
   * Begins at once where the phases are known well enough to decide by, else after a look at them. Inside a transaction
   * nobody waits: that look takes a connection, and the transaction may hold the only one.
   */
  #whenCurrent<R>(begin: () => Promise<R>): Promise<R> {
    const { transaction } = this.#place()
    const looking = transaction === undefined ? this.#decider.whenCurrent?.() : undefined
    return looking === undefined ? begin() : looking.then(begin)
  }

  #place(): Place {
    const place = this.#places.getStore() ?? this.#outside
    place.transaction?.assertOpen()
    return place
  }

  /** The place of the caller, with a unit of its own where it is in none that is open. */
  #here(): Place & { readonly unit: UnitOfWork } {
    const place = this.#place()
    return { ...place, unit: place.unit?.isOpen ? place.unit : this.#newUnit(place.context) }
  }

  #newUnit(context: FlagContext | undefined): UnitOfWork {
    return new UnitOfWork(context, this.#decider, this.#observer)
  }
}
