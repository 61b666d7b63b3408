import { setTimeout as sleep } from 'node:timers/promises'
import { failure, withoutValues } from '../errors/index.ts'
import type { Log } from './events.ts'
import { followPhases } from './follow.ts'
import type { OpenUnits } from './open-units.ts'
import type { PhaseView } from './phase-view.ts'
import { longUnitMs, type Registrar } from './registrar.ts'

/** Beats that may hang at once, each on a connection of its own. */
const mostUnanswered = 2

interface Parts {
  readonly view: PhaseView
  readonly registrar: Registrar
  readonly units: OpenUnits
  readonly pollMs: number
  readonly leaseMs: number
  readonly log: Log
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
  #isFailing = false
  #unanswered = 0
  #toldOfLongUnits = false
  #stops = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * The first beat, whose failure is the caller's, and then one every `pollMs` until `stop`.
   *
   * @throws ExpandContractError EC_NOT_STARTED where `stop` came first, and what kept it from reading or registering.
   */
  async begin(): Promise<void> {
    const stops = this.#stops
    const isWanted = () => stops === this.#stops
    const errors = await this.#follow(isWanted)
    if (!isWanted()) throw failure('EC_NOT_STARTED', {})
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
    this.#stops += 1
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
    const limit = new AbortController()
    const timeout = sleep(this.#parts.leaseMs, undefined, { signal: limit.signal, ref: false }).then(
      () => noAnswer(this.#parts.leaseMs),
      () => undefined,
    )
    const failure = await Promise.race([beat, timeout])
    limit.abort()
    return failure
  }

  async #beat(): Promise<unknown> {
    const errors = await this.#follow(() => this.#isBeating)
    const [error] = errors
    if (!this.#isBeating) return error
    this.#reportLongUnits()
    if (this.#isFailing !== errors.length > 0) this.#report(errors.length > 0, error)
    return error
  }

  /** @returns what kept it from reading or registering, the worst first. */
  async #follow(mayRegister: () => boolean): Promise<readonly unknown[]> {
    const { moved, errors } = await followPhases(this.#parts, mayRegister)
    for (const { changeId, state } of moved) {
      const event = { level: 'info' as const, changeId, phase: state.phase }
      this.#parts.log(
        state.recorded
          ? {
              ...event,
              type: 'phase',
              epoch: state.epoch,
              message: `Change "${changeId}" is in "${state.phase}" (epoch ${state.epoch}).`,
            }
          : {
              ...event,
              type: 'phase-derived',
              message: `Change "${changeId}" has no row in the control tables; by its columns it is in "${state.phase}".`,
            },
      )
    }
    return errors
  }

  #reportLongUnits(): void {
    const units = this.#parts.units.openLongerThan(longUnitMs)
    if (units > 0 && !this.#toldOfLongUnits) {
      this.#parts.log({
        type: 'long-unit',
        level: 'warn',
        message: `${units} unit(s) of work have been open for more than ${longUnitMs / 1000} s and hold up the next step of a change. Give such work \`run(context, work, { longRunning: true })\`.`,
      })
    }
    this.#toldOfLongUnits = units > 0
  }

  #report(isFailing: boolean, error?: unknown): void {
    this.#isFailing = isFailing
    this.#parts.log(
      isFailing
        ? {
            type: 'refresh-failed',
            level: 'warn',
            message: `The phases cannot be read (${reasonOf(error)}); the last known ones stay in force for less than ${this.#parts.leaseMs / 1000} s.`,
          }
        : { type: 'refreshed-again', level: 'info', message: 'The phases can be read again.' },
    )
  }
}

function noAnswer(leaseMs: number): Error {
  return failure('EC_QUERY_FAILED', {
    operation: 'reading the phases',
    problem: `no answer within ${leaseMs / 1000} s`,
  })
}

function reasonOf(error: unknown): string {
  return error instanceof Error && error.name === 'ExpandContractError' ? error.message : withoutValues(error).message
}
