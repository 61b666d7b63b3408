import type { AnyChange } from '../change/change.ts'
import { declarationHash, recordedDeclaration } from '../change/recorded.ts'
import type { Database } from '../drizzle/database.ts'
import { withoutValues } from '../errors/index.ts'
import { type ProcessChange, renewRegistration } from '../registry/registration.ts'
import type { Log } from './events.ts'
import type { OpenUnits } from './open-units.ts'
import type { DeclaredChange, PhaseView } from './phase-view.ts'
import type { ProcessIdentity } from './process-identity.ts'
import type { ReadDecisions } from './read-decisions.ts'

/** A unit of work that is open for longer keeps others waiting for its old decision; it should be declared long-running. */
const longUnitMs = 60_000

interface Parts {
  readonly db: Database
  readonly declared: readonly DeclaredChange[]
  readonly tables: readonly string[]
  readonly identity: ProcessIdentity
  readonly flags: string
  readonly view: PhaseView
  readonly units: OpenUnits
  readonly decisions: ReadDecisions
  readonly pollMs: number
  readonly leaseMs: number
  readonly log: Log
}

/**
 * Keeps a process in step with the database: looks at the phases every `pollMs`, and renews the registration every fifth
 * of the lease, at once when a phase has changed. Failures are reported once, and the last known phases stay in force.
 */
export class Heartbeat {
  readonly #parts: Parts
  #timer: NodeJS.Timeout | undefined
  #next: Promise<unknown> | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #renewedAtMs = Number.NEGATIVE_INFINITY
  #isFailing = false
  #registeredOldest = ''
  #toldOfLongUnits = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The first beat, whose failure is the caller's, and then one every `pollMs` until `stop`. */
  async begin(): Promise<void> {
    await this.#refresh()
    await this.#renew()
    this.#schedule()
  }

  /** The timer does not keep the process alive. */
  #schedule(): void {
    this.#timer = setTimeout(async () => {
      await this.beat()
      if (this.#timer !== undefined) this.#schedule()
    }, this.#parts.pollMs).unref()
  }

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
      return this.#beat()
    })
    this.#queue = this.#next
    return this.#next
  }

  async #beat(): Promise<unknown> {
    const failures: unknown[] = []
    const attempt = (work: Promise<void>) => work.catch((error: unknown) => void failures.push(error))
    let changed = false
    await attempt(
      this.#refresh().then((isChanged) => {
        changed = isChanged
      }),
    )
    // Also where the phases could not be read: this process goes on by the last known ones, and others must see that.
    if (changed || this.#oldestPhasesMoved() || this.#renewalIsDue()) await attempt(this.#renew())
    this.#reportLongUnits()
    const [failure] = failures
    if (this.#isFailing !== failures.length > 0) this.#report(failures.length > 0, failure)
    return failure
  }

  /** @returns whether any phase changed. */
  async #refresh(): Promise<boolean> {
    const changes = await this.#parts.view.refresh()
    for (const { changeId, state } of changes) {
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
    return changes.length > 0
  }

  async #renew(): Promise<void> {
    if (!this.#parts.view.hasControlTables) return
    const { db, identity, flags, tables, leaseMs } = this.#parts
    const changes = this.#changes()
    await renewRegistration(db, { ...identity, flags, tables, changes }, leaseMs)
    this.#renewedAtMs = performance.now()
    this.#registeredOldest = oldestPhases(changes)
  }

  /** Others wait for open units with old decisions, so their end is told at once. */
  #oldestPhasesMoved(): boolean {
    return this.#registeredOldest !== oldestPhases(this.#changes())
  }

  #renewalIsDue(): boolean {
    return performance.now() - this.#renewedAtMs >= this.#parts.leaseMs / 5
  }

  #changes(): Record<string, ProcessChange> {
    return Object.fromEntries(
      this.#parts.declared.map(({ change, sides }) => [change.id, this.#changeOf(change, sides)]),
    )
  }

  #changeOf(change: AnyChange, sides: DeclaredChange['sides']): ProcessChange {
    const { phase, epoch } = this.#parts.view.of(change.id)
    const reads = this.#parts.decisions.keyedReads(change.id)
    return {
      hash: declarationHash(recordedDeclaration(change, sides)),
      phase,
      oldestPhase: this.#parts.units.oldestPhase(change.id, phase),
      epoch,
      keyedReads: {
        old: reads.old,
        new: reads.new,
        lastOldAgoMs: reads.lastOldAtMs === undefined ? null : Math.round(performance.now() - reads.lastOldAtMs),
      },
    }
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
            message: `The phases cannot be read (${reasonOf(error)}); the last known ones stay in force.`,
          }
        : { type: 'refreshed-again', level: 'info', message: 'The phases can be read again.' },
    )
  }
}

function oldestPhases(changes: Readonly<Record<string, ProcessChange>>): string {
  return JSON.stringify(Object.entries(changes).map(([id, { oldestPhase }]) => [id, oldestPhase]))
}

function reasonOf(error: unknown): string {
  return error instanceof Error && error.name === 'ExpandContractError' ? error.message : withoutValues(error).message
}
