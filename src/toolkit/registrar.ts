import type { Database } from '../drizzle/database.ts'
import { renewalsPerLease } from '../registry/lease.ts'
import { leaveRegistry, type ProcessChange, renewRegistration } from '../registry/registration.ts'
import { recordRelease, releaseSeenEveryMs } from '../registry/releases.ts'
import { type Moment, momentNow, msSince } from './moment.ts'
import type { OpenUnits } from './open-units.ts'
import type { PhaseView } from './phase-view.ts'
import type { ProcessIdentity } from './process-identity.ts'
import type { ReadDecisions } from './read-decisions.ts'

/** A unit of work that is open for longer keeps others waiting for its old decision; it should be declared long-running. */
export const longUnitMs = 60_000

interface Parts {
  readonly db: Database
  readonly identity: ProcessIdentity
  readonly tables: readonly string[]
  /** Change id → hash of its declaration. */
  readonly declarations: Readonly<Record<string, string>>
  readonly flags: string
  readonly view: PhaseView
  readonly units: OpenUnits
  readonly decisions: ReadDecisions
  readonly leaseMs: number
}

/** Keeps the row of this process in the registry true: what it declares, by which phases it acts, and that it lives. */
export class Registrar {
  readonly #parts: Parts
  #renewedAt: Moment | undefined
  #registeredPhases = ''
  #releaseToldAt: Moment | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * True where the lease has to be renewed, or where the oldest phase of the open units of work has moved: others wait
   * for those, so their end is told at once.
   */
  get isDue(): boolean {
    const { leaseMs } = this.#parts
    if (this.#renewedAt === undefined || msSince(this.#renewedAt) >= leaseMs / renewalsPerLease) return true
    return this.#registeredPhases !== oldestPhases(this.#changes())
  }

  /** Nothing to do where `control: 'optional'` has found no control tables. */
  async renew(): Promise<void> {
    const { db, identity, flags, tables, leaseMs, view } = this.#parts
    if (!view.hasControlTables) return
    const changes = this.#changes()
    const renewedAt = momentNow()
    await renewRegistration(db, { ...identity, flags, tables, changes }, leaseMs)
    this.#renewedAt = renewedAt
    this.#registeredPhases = oldestPhases(changes)
    await this.#tellRelease()
  }

  async leave(): Promise<void> {
    const { db, identity, view } = this.#parts
    if (view.hasControlTables) await leaveRegistry(db, identity)
    this.#renewedAt = undefined
    this.#releaseToldAt = undefined
  }

  async #tellRelease(): Promise<void> {
    const told = this.#releaseToldAt
    if (told !== undefined && msSince(told) < releaseSeenEveryMs) return
    const { db, identity, tables, declarations } = this.#parts
    const { name, release } = identity
    await recordRelease(db, { name, release, tables, declarations }, { isStart: told === undefined })
    this.#releaseToldAt = momentNow()
  }

  #changes(): Record<string, ProcessChange> {
    const { declarations } = this.#parts
    return Object.fromEntries(Object.entries(declarations).map(([id, hash]) => [id, this.#changeOf(id, hash)]))
  }

  #changeOf(id: string, hash: string): ProcessChange {
    const { view, units, decisions } = this.#parts
    const { phase, epoch } = view.of(id)
    const reads = decisions.keyedReads(id)
    return {
      hash,
      phase,
      oldestPhase: units.oldestPhase(id, phase),
      epoch,
      longUnits: units.openLongerThan(longUnitMs, id),
      keyedReads: {
        old: reads.old,
        new: reads.new,
        lastOldAgoMs: reads.lastOldAtMs === undefined ? null : Math.round(performance.now() - reads.lastOldAtMs),
      },
    }
  }
}

function oldestPhases(changes: Readonly<Record<string, ProcessChange>>): string {
  return JSON.stringify(Object.entries(changes).map(([id, { oldestPhase }]) => [id, oldestPhase]))
}
