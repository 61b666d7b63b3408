import { failure } from '../errors/index.ts'
import { followPhases } from './follow.ts'
import type { OpenUnits } from './open-units.ts'
import type { PhaseView } from './phase-view.ts'
import { longUnitMs, type Registrar } from './registrar.ts'
import type { Reports } from './reports.ts'
import { settlesWithin } from './settles-within.ts'

/** Beats that may hang at once, each on a connection of its own. */
const mostUnanswered = 2

interface Parts {
  readonly view: PhaseView
  readonly registrar: Registrar
  readonly units: OpenUnits
  readonly pollMs: number
  readonly leaseMs: number
  readonly reports: Reports
}

/**
 * Keeps a process in step with the database: looks at the phases every `pollMs`, and renews the registration where that
 * is due, at once when a phase has changed. Failures are reported once; the last known phases stay in force until the
 * view is stale.
 */
export class Heartbeat {
  readonly #parts: Parts
  #timer: NodeJS.Timeout | undefined
  #next: Promise<unknown> | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #unanswered = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * The first beat, whose failure is the caller's, and then one every `pollMs` until `stop`.
   *
   * @param interrupted aborts where there shall be none any more.
   * @throws the reason of `interrupted`, and what kept it from reading or registering.
   */
  async begin(interrupted: AbortSignal): Promise<void> {
    const errors = await this.#follow(() => !interrupted.aborted)
    interrupted.throwIfAborted()
    if (errors.length > 0) throw errors[0]
    this.#schedule()
  }

  /** The timer does not keep the process alive. */
  #schedule(): void {
    this.#timer = setTimeout(async () => {
      await this.beat()
      if (this.#isBeating) this.#schedule()
    }, this.#parts.pollMs).unref()
  }

  /** False before `begin` has ended and after `stop`, when nobody may register this process. */
  get #isBeating(): boolean {
    return this.#timer !== undefined
  }

  /** Ends the beats; none registers this process again. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#queue
  }

  /**
   * One look at the phases, and a renewal where it is due. It begins after the call, so that what it sees is no older;
   * calls made while one is waiting to begin share it.
   *
   * @returns the error that kept it from reading or renewing, which has been reported; never rejects.
   */
  beat(): Promise<unknown> {
    this.#next ??= this.#queue.then(() => {
      this.#next = undefined
      return this.#isBeating ? this.#withinLease() : failure('EC_NOT_STARTED', {})
    })
    this.#queue = this.#next
    return this.#next
  }

  /**
   * What a unit of work waits for before it begins: nothing while the phases were seen lately, else one look at them.
   *
   * @throws ExpandContractError EC_VIEW_STALE (rejects) where that look did not succeed.
   */
  whenCurrent(): Promise<void> | undefined {
    return this.#parts.view.isStale ? this.#lookAgain() : undefined
  }

  async #lookAgain(): Promise<void> {
    const error = await this.beat()
    if (this.#parts.view.isStale) throw this.#parts.view.staleness(undefined, error)
  }

  /**
   * A connection that hangs (a suspended laptop, a lost route) must not keep the next beat from trying another one; and
   * where the database itself hangs, beats must not take one connection of the service after the other.
   */
  async #withinLease(): Promise<unknown> {
    if (this.#unanswered >= mostUnanswered) return noAnswer(this.#parts.leaseMs)
    this.#unanswered += 1
    const beat = this.#beat().finally(() => {
      this.#unanswered -= 1
    })
    return (await settlesWithin(beat, this.#parts.leaseMs)) ? beat : noAnswer(this.#parts.leaseMs)
  }

  async #beat(): Promise<unknown> {
    const errors = await this.#follow(() => this.#isBeating)
    if (this.#isBeating) {
      const { reports, units, leaseMs } = this.#parts
      reports.longUnits(units.openLongerThan(longUnitMs), longUnitMs)
      reports.followed(errors, leaseMs)
    }
    return errors[0]
  }

  /** @returns what kept it from reading or registering, the worst first. */
  async #follow(mayRegister: () => boolean): Promise<readonly unknown[]> {
    const { moved, errors } = await followPhases(this.#parts, mayRegister)
    for (const change of moved) this.#parts.reports.moved(change)
    return errors
  }
}

function noAnswer(leaseMs: number): Error {
  return failure('EC_QUERY_FAILED', {
    operation: 'reading the phases',
    problem: `no answer within ${leaseMs / 1000} s`,
  })
}
