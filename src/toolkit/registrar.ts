import type { Database } from '../drizzle/database.ts'
import { isBefore, type PhaseSpan, spanOf } from '../phase/phase.ts'
import { renewalsPerLease } from '../registry/lease.ts'
import { leaveRegistry, type ProcessChange, renewRegistration } from '../registry/registration.ts'
import { recordRelease, releaseSeenEveryMs } from '../registry/releases.ts'
import { type Moment, momentNow, msSince } from './moment.ts'
import type { OpenUnits } from './open-units.ts'
import type { PhaseLook } from './phase-look.ts'
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

/** What the row of this process in the registry says, since when. */
interface Registered {
  readonly at: Moment
  readonly spans: Spans
}

/** Change id → the phases by which this process acts on it. */
type Spans = ReadonlyMap<string, PhaseSpan>

/** Keeps the row of this process in the registry true: what it declares, by which phases it acts, and that it lives. */
export class Registrar {
  readonly #parts: Parts
  #registered: Registered | undefined
  #releaseToldAt: Moment | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * True where the lease has to be renewed, or where the phases in use have moved: others wait for those, so their end is
   * told at once.
   */
  get isDue(): boolean {
    if (this.#registered === undefined || this.#isLeaseDue) return true
    return !isSame(this.#registered.spans, this.#spans())
  }

  /** True where the registry has to be told before this process goes on by what a look has found. */
  isDueBefore(look: PhaseLook): boolean {
    return look.hasControlTables && (this.#isLeaseDue || !covers(this.#registered?.spans, look))
  }

  /**
   * Nothing to do where `control: 'optional'` has found no control tables.
   *
   * @param look what this process is about to go on by, besides what it goes by already.
   * @returns whether the registry has said so all the time until now, without a gap.
   */
  async renew(look?: PhaseLook): Promise<boolean> {
    const { db, identity, flags, tables, leaseMs, view } = this.#parts
    if (!(look ?? view).hasControlTables) return true
    const spans = this.#spans(look)
    const before = this.#registered
    const at = momentNow()
    await renewRegistration(db, { ...identity, flags, tables, changes: this.#changes(spans) }, leaseMs)
    const hadLease = before !== undefined && msSince(before.at) < leaseMs
    this.#registered = { at, spans }
    await this.#tellRelease()
    return hadLease && (look === undefined || covers(before.spans, look))
  }

  async leave(): Promise<void> {
    const { db, identity, view } = this.#parts
    if (view.hasControlTables) await leaveRegistry(db, identity)
    this.#registered = undefined
    this.#releaseToldAt = undefined
  }

  get #isLeaseDue(): boolean {
    return this.#registered === undefined || msSince(this.#registered.at) >= this.#parts.leaseMs / renewalsPerLease
  }

  async #tellRelease(): Promise<void> {
    const told = this.#releaseToldAt
    if (told !== undefined && msSince(told) < releaseSeenEveryMs) return
    const { db, identity, tables, declarations } = this.#parts
    const { name, release } = identity
    await recordRelease(db, { name, release, tables, declarations }, { isStart: told === undefined })
    this.#releaseToldAt = momentNow()
  }

  /** @param look what is about to be gone by, besides what is. */
  #spans(look?: PhaseLook): Spans {
    const { declarations, view, units } = this.#parts
    return new Map(
      Object.keys(declarations).map((id) => {
        const found = look?.found.get(id)
        const { phase } = view.known(id) ?? found ?? view.of(id)
        return [id, spanOf(phase, found?.phase ?? phase, ...units.phasesOf(id))]
      }),
    )
  }

  #changes(spans: Spans): Record<string, ProcessChange> {
    const { declarations } = this.#parts
    return Object.fromEntries([...spans].map(([id, span]) => [id, this.#changeOf(id, declarations[id]!, span)]))
  }

  #changeOf(id: string, hash: string, { oldest, newest }: PhaseSpan): ProcessChange {
    const { view, units, decisions } = this.#parts
    const { phase, epoch } = view.known(id) ?? { phase: newest, epoch: 0 }
    const reads = decisions.keyedReads(id)
    return {
      hash,
      phase,
      oldestPhase: oldest,
      newestPhase: newest,
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

/** True where each phase that was found lies among those that the registry tells. */
function covers(registered: Spans | undefined, { found }: PhaseLook): boolean {
  return [...found].every(([id, { phase }]) => {
    const span = registered?.get(id)
    return span !== undefined && !isBefore(phase, span.oldest) && !isBefore(span.newest, phase)
  })
}

function isSame(one: Spans, other: Spans): boolean {
  return JSON.stringify([...one]) === JSON.stringify([...other])
}
