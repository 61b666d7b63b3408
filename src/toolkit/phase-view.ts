import { ExpandContractError, failure, withoutValues } from '../errors/index.ts'
import { renewalsPerLease } from '../registry/lease.ts'
import { type ChangeState, isSameState } from './change-state.ts'
import { type Moment, msSince } from './moment.ts'
import { type LookSubject, lookAtPhases, type PhaseLook } from './phase-look.ts'

interface Subject extends LookSubject {
  readonly leaseMs: number
}

/** A look, and which life of the view it belongs to. */
export interface Look extends PhaseLook {
  readonly life: number
}

/** A change whose state is new or different. */
export interface MovedChange {
  readonly changeId: string
  readonly state: ChangeState
}

/**
 * The phases of all declared changes as this process last adopted them; read without I/O.
 *
 * What it last saw goes stale before the lease of the process can have ended, after which nobody waits for it: a lease
 * lasts from the last renewal, which may lie one renewal before the last look.
 */
export class PhaseView {
  readonly #subject: Subject
  readonly #validMs: number
  #states: ReadonlyMap<string, ChangeState> = new Map()
  #readAt: Moment | undefined
  /** Counts the times that all was forgotten. */
  #life = 0
  /** Why a change could not be adopted when it was last looked at. */
  #failures: ReadonlyMap<string, unknown> = new Map()
  #hasControlTables = false

  constructor(subject: Subject) {
    this.#subject = subject
    this.#validMs = subject.leaseMs * (1 - 1 / renewalsPerLease)
  }

  /** False where they are missing and `control: 'optional'` lets the catalog decide; there is no registry then. */
  get hasControlTables(): boolean {
    return this.#hasControlTables
  }

  /** True before anything has been adopted. */
  get isEmpty(): boolean {
    return this.#readAt === undefined
  }

  /** True where the phases were read, too long ago to decide by. */
  get isStale(): boolean {
    return this.#readAt !== undefined && this.#isOld(this.#readAt)
  }

  /** As last adopted, however long ago; undefined before that. */
  known(changeId: string): ChangeState | undefined {
    return this.#states.get(changeId)
  }

  /** As last adopted, however long ago. @throws ExpandContractError EC_NOT_STARTED before that. */
  of(changeId: string): ChangeState {
    const state = this.known(changeId)
    if (state === undefined) throw failure('EC_NOT_STARTED', {})
    return state
  }

  /** To decide by. @throws ExpandContractError EC_NOT_STARTED, EC_VIEW_STALE */
  current(changeId: string): ChangeState {
    const state = this.of(changeId)
    if (this.#isOld(state.seenAt)) throw this.staleness(changeId, this.#failures.get(changeId))
    return state
  }

  /** The error of whoever would have to decide, or to go on, by a view that is stale. */
  staleness(id: string | undefined, reason?: unknown): Error {
    const cause = reason === undefined || reason instanceof ExpandContractError ? reason : withoutValues(reason)
    return failure('EC_VIEW_STALE', { id, leaseMs: this.#subject.leaseMs }, cause)
  }

  /** Nothing is known any more: this process has left the registry, and nobody waits for what it does. */
  forget(): void {
    this.#states = new Map()
    this.#readAt = undefined
    this.#life += 1
  }

  /** Reads the phases. Nothing is decided by them before they are adopted. @throws ExpandContractError EC_CONTROL_MISSING */
  async look(): Promise<Look> {
    const life = this.#life
    return { life, ...(await lookAtPhases(this.#subject)) }
  }

  /**
   * Goes on by what a look has found, and returns the changes whose state is new or different. One that could not be read
   * keeps its last known state.
   *
   * @param unregistered why the registry does not say that this process goes by these phases, where that failed. Only
   *   changes whose old side is kept in sync are adopted then; the others go stale, as nobody waits for this process.
   */
  adopt(look: Look, unregistered?: unknown): readonly MovedChange[] {
    // Where a connection hangs, what was asked first may be answered last, or after all is over.
    const isOvertaken = this.#readAt !== undefined && look.seenAt.monotonicMs < this.#readAt.monotonicMs
    if (isOvertaken || look.life !== this.#life) return []
    const previous = this.#states
    const adopted = new Map(previous)
    const failures = new Map(look.failures)
    for (const [id, state] of look.found) {
      if (unregistered !== undefined && !state.keepsOldInSync) {
        failures.set(id, unregistered)
        continue
      }
      const last = previous.get(id)
      const tenure = last === undefined ? 0 : last.tenure + (this.#isOld(last.seenAt) ? 1 : 0)
      adopted.set(id, { ...state, seenAt: look.seenAt, tenure })
    }
    this.#states = adopted
    this.#failures = failures
    this.#readAt = look.seenAt
    this.#hasControlTables = look.hasControlTables
    return [...adopted]
      .filter(([changeId, state]) => !isSameState(previous.get(changeId), state))
      .map(([changeId, state]) => ({ changeId, state }))
  }

  #isOld(seenAt: Moment): boolean {
    return msSince(seenAt) > this.#validMs
  }
}
