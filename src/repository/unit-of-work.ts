import type { AnyChange } from '../change/change.ts'
import { failure } from '../errors/index.ts'
import type { FlagContext } from '../flags/port.ts'
import type { Mode, Phase } from '../phase/phase.ts'
import { type PinnedPhase, PinnedPhases } from './pinned-phases.ts'

/** What one unit of work does with one change. */
export interface Decision {
  readonly phase: Phase
  readonly mode: Mode
  /** Of the change when it was decided; 0 where it had no row. */
  readonly epoch: number
  /** In which stretch without a gap in what the decider knew it was made; absent where there are no gaps. */
  readonly tenure?: number
}

/** Decides by the phase and the read flag, synchronously and without I/O. */
export interface Decider {
  /**
   * Called at most once for each change and unit of work.
   *
   * @param pinned the phase by the database itself; without it the decider goes by what it knows.
   * @throws ExpandContractError EC_VIEW_STALE where what is known of the phase is too old to decide by.
   */
  decide(change: AnyChange, context: FlagContext | undefined, pinned?: PinnedPhase): Decision
  /**
   * Called at each further use of a decision that a unit of work has pinned.
   *
   * @throws ExpandContractError EC_VIEW_STALE where it may not be acted on any more. Default: it always may.
   */
  confirm?(change: AnyChange, decision: Decision): void
  /**
   * Called when what was read by a decision has arrived, which may be long after it was sent.
   *
   * @throws ExpandContractError EC_VIEW_STALE where it may be out of date. Default: it never is.
   */
  confirmRead?(change: AnyChange, decision: Decision): void
  /**
   * What to wait for before a unit of work begins: undefined where the phases are known well enough, which is the rule,
   * else a look at the database. Default: nothing.
   */
  whenCurrent?(): Promise<void> | undefined
  /**
   * True where nothing but repositories keeps the sides of a change together, so that each transaction that writes has
   * the database pin its phase. Default: no change is written so.
   */
  writesStrictly?(change: AnyChange): boolean
  /** Looks at the phases anew; never rejects. Default: nothing. */
  lookAgain?(): Promise<unknown>
}

/** What is done with each change at one place in the code. */
export interface Decisions {
  decisionOn(change: AnyChange): Decision
}

/** Hears of units of work, so that the registry can tell the oldest phase that is still in use. */
export interface UnitObserver {
  opened(unit: UnitOfWork): void
  closed(unit: UnitOfWork): void
}

/**
 * A piece of work throughout which every change is written and read in one way: a request, a transaction, or one call.
 *
 * It is open from its first user (the callback of `run`, a call of a repository) until the last of them has settled. A
 * query that waits for a connection is such a user.
 */
export class UnitOfWork implements Decisions {
  readonly context: FlagContext | undefined
  /** Milliseconds since 1970. */
  readonly startedAt = Date.now()
  readonly #decider: Decider
  readonly #observer: UnitObserver | undefined
  readonly #decisions = new Map<string, Decision>()
  #users = 0

  constructor(context: FlagContext | undefined, decider: Decider, observer: UnitObserver | undefined) {
    this.context = context
    this.#decider = decider
    this.#observer = observer
  }

  get isOpen(): boolean {
    return this.#users > 0
  }

  /** The decisions made so far, by the id of the change. A change that was not needed yet has none. */
  get decisions(): ReadonlyMap<string, Decision> {
    return this.#decisions
  }

  /**
   * The decision for a change: made at its first use, pinned from then on.
   *
   * @param pinned the phase by the database itself, inside a transaction that asked it.
   */
  decisionOn(change: AnyChange, pinned?: PinnedPhase): Decision {
    let decision = this.#decisions.get(change.id)
    if (decision === undefined) {
      decision = this.#decider.decide(change, this.context, pinned)
      this.#decisions.set(change.id, decision)
    } else if (pinned === undefined) {
      this.#decider.confirm?.(change, decision)
    }
    return decision
  }

  /** Asks of each change that was decided on whether what was read by it may be used. @throws EC_VIEW_STALE */
  confirmReads(changes: readonly AnyChange[]): void {
    for (const change of changes) {
      const decision = this.#decisions.get(change.id)
      if (decision !== undefined) this.#decider.confirmRead?.(change, decision)
    }
  }

  /** Keeps the unit open while `work` is under way. */
  async during<R>(work: () => R | PromiseLike<R>): Promise<R> {
    this.#users += 1
    if (this.#users === 1) this.#observer?.opened(this)
    try {
      return await work()
    } finally {
      this.#users -= 1
      if (this.#users === 0) this.#observer?.closed(this)
    }
  }
}

/** A transaction under way, as the calls inside it see it. */
export class OpenTransaction {
  readonly pinned: PinnedPhases
  #hasEnded = false

  constructor(pinned = PinnedPhases.none) {
    this.pinned = pinned
  }

  /** @throws EC_TRANSACTION_ENDED after `end`: the connection may be somebody else's by then. */
  assertOpen(): void {
    if (this.#hasEnded) throw failure('EC_TRANSACTION_ENDED', {})
  }

  end(): void {
    this.#hasEnded = true
  }
}
