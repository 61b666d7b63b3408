import { AsyncLocalStorage } from 'node:async_hooks'
import type { PgTransactionConfig } from 'drizzle-orm/pg-core'
import type { AnyChange } from '../change/change.ts'
import { type AnyDatabase, unitDatabase } from '../drizzle/unit-database.ts'
import { ExpandContractError, failure } from '../errors/index.ts'
import type { FlagContext } from '../flags/port.ts'
import { PinnedPhases, pinPhases } from './pinned-phases.ts'
import { guardTransaction } from './query-failed.ts'
import { type Decider, OpenTransaction, type UnitObserver, UnitOfWork } from './unit-of-work.ts'
import { type Place, readAt, type UnitPlace, type Workplace, workplaceAt } from './workplace.ts'

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

/** The units of work of a process. The one that code belongs to follows it through its asynchronous calls. */
export class Units {
  readonly #places = new AsyncLocalStorage<Place>()
  readonly #outside: Place
  readonly #changes: readonly AnyChange[]
  readonly #decider: Decider
  readonly #observer: UnitObserver | undefined

  constructor(
    database: AnyDatabase,
    changes: readonly AnyChange[],
    decider: Decider,
    observer: UnitObserver | undefined,
  ) {
    this.#outside = { context: undefined, unit: undefined, database: unitDatabase(database), transaction: undefined }
    this.#changes = changes
    this.#decider = decider
    this.#observer = observer
  }

  /**
   * Does one call that reads a table with these changes, in the unit of work around it or in one of its own.
   *
   * @throws ExpandContractError EC_VIEW_STALE (rejects) also where what was read may be out of date by now.
   */
  read<R>(changes: readonly AnyChange[], work: (workplace: Workplace) => R | PromiseLike<R>): Promise<R> {
    return this.#whenCurrent(() => {
      const place = this.#here()
      return place.unit.during(() => readAt(place, changes, work))
    })
  }

  /**
   * Does one call that writes a table with these changes, in the unit of work around it or in one of its own. Where
   * phases have to be pinned, it has a transaction around it that has done so, or gets one.
   *
   * @throws ExpandContractError EC_PHASE_MOVED
   */
  write<R>(changes: readonly AnyChange[], work: (workplace: Workplace) => R | PromiseLike<R>): Promise<R> {
    return this.#whenCurrent(() => {
      const place = this.#here()
      const strict = this.#strict(changes)
      return place.unit.during(() => {
        if (strict.length > 0 && place.transaction === undefined) return this.#inItsTransaction(place, strict, work)
        place.transaction?.pinned.requireWrites(place.unit, strict)
        return work(workplaceAt(place))
      })
    })
  }

  #inItsTransaction<R>(
    { database, unit }: UnitPlace,
    strict: readonly AnyChange[],
    work: (workplace: Workplace) => R | PromiseLike<R>,
  ): Promise<R> {
    const begin = (observed: (workplace: Workplace) => Promise<R>) =>
      database.transaction(async (tx) => {
        const pinned = await pinPhases(tx, strict)
        pinned.requireWrites(unit, strict)
        return observed({ decisions: pinned.decisionsOf(unit), database: tx, isTransaction: true })
      })
    return this.#tellingMoves(() => guardTransaction(begin, work))
  }

  /** Does one call that may read every table, like `read`, with everything that `work` starts in the same unit. */
  enclose<R>(work: (workplace: Workplace) => R | PromiseLike<R>): Promise<R> {
    return this.#whenCurrent(() => {
      const place = this.#here()
      return place.unit.during(() => this.#places.run(place, () => readAt(place, this.#changes, work)))
    })
  }

  /**
   * Where the caller stands, to write a table with these changes by statements of its own, if it is in a unit of work.
   *
   * @throws ExpandContractError EC_OUTSIDE_TRANSACTION where phases have to be pinned, EC_PHASE_MOVED
   */
  current(changes: readonly AnyChange[]): Workplace | undefined {
    const place = this.#place()
    const { unit, transaction } = place
    if (!unit?.isOpen) return undefined
    const strict = this.#strict(changes)
    if (strict[0] !== undefined && transaction === undefined) {
      throw failure('EC_OUTSIDE_TRANSACTION', { id: strict[0].id })
    }
    transaction?.pinned.requireWrites(unit, strict)
    return workplaceAt({ ...place, unit })
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
      const begin = () =>
        place.database.transaction(async (tx) => {
          const pinned = place.transaction?.pinned ?? (await this.#pinnedFor(tx, config))
          const transaction = new OpenTransaction(pinned)
          try {
            return await this.#places.run({ context: unit.context, unit, database: tx, transaction }, () => work(tx))
          } finally {
            transaction.end()
          }
        }, config)
      return unit.during(() => (place.transaction === undefined ? this.#tellingMoves(begin) : begin()))
    })
  }

  /** Pinned ahead of everything in the transaction; one that is read only writes nothing. */
  async #pinnedFor(tx: AnyDatabase, config: PgTransactionConfig | undefined): Promise<PinnedPhases> {
    return config?.accessMode === 'read only' ? PinnedPhases.none : pinPhases(tx, this.#strict(this.#changes))
  }

  /**
   * Where a unit is refused for a phase that has moved, it will be run again, and must know better then. The look comes
   * after the transaction, which may hold the only connection.
   */
  async #tellingMoves<R>(transaction: () => Promise<R>): Promise<R> {
    try {
      return await transaction()
    } catch (error) {
      if (error instanceof ExpandContractError && error.code === 'EC_PHASE_MOVED') await this.#decider.lookAgain?.()
      throw error
    }
  }

  #strict(changes: readonly AnyChange[]): readonly AnyChange[] {
    return changes.filter((change) => this.#decider.writesStrictly?.(change) ?? false)
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
  #here(): UnitPlace {
    const place = this.#place()
    return { ...place, unit: place.unit?.isOpen ? place.unit : this.#newUnit(place.context) }
  }

  #newUnit(context: FlagContext | undefined): UnitOfWork {
    return new UnitOfWork(context, this.#decider, this.#observer)
  }
}
