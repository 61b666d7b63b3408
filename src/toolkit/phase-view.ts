import { eq } from 'drizzle-orm'
import { changes as changesTable } from '../../schema/changes.ts'
import { defaultScope } from '../../schema/namespace.ts'
import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import { requireSameDeclaration } from '../control/declaration.ts'
import { parseChangeRow } from '../control/parse-change-row.ts'
import type { Database } from '../drizzle/database.ts'
import type { PhysicalTable } from '../drizzle/physical-table.ts'
import { ExpandContractError, errorCode, failure, withoutValues } from '../errors/index.ts'
import { keepsOldInSync } from '../phase/facts.ts'
import { renewalsPerLease } from '../registry/lease.ts'
import { type ChangeState, type FoundState, isSameState } from './change-state.ts'
import type { ControlPolicy } from './control-policy.ts'
import { derivedPhase } from './derived-phase.ts'
import { refuseForgotten } from './forgotten-change.ts'
import { type Moment, momentNow, msSince } from './moment.ts'

export interface DeclaredChange {
  readonly change: AnyChange
  readonly sides: Sides
}

interface Subject {
  readonly db: Database
  readonly declared: readonly DeclaredChange[]
  /** All tables of the schema: code that has lost the declaration of a change is told by them. */
  readonly tables: readonly PhysicalTable[]
  readonly control: ControlPolicy
  readonly leaseMs: number
}

type ChangeRecord = typeof changesTable.$inferSelect

const undefinedTable = '42P01'
const undefinedSchema = '3F000'

/**
 * The phases of all declared changes as this process last saw them; refreshed by polling, read without I/O.
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
  #forgotten = 0
  /** Why a change could not be read when it was last looked at. */
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

  /** True where the phases were read, too long ago to decide by. */
  get isStale(): boolean {
    return this.#readAt !== undefined && this.#isOld(this.#readAt)
  }

  /** As last seen, however long ago. @throws ExpandContractError EC_NOT_STARTED before the first refresh. */
  of(changeId: string): ChangeState {
    const state = this.#states.get(changeId)
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
    this.#forgotten += 1
  }

  /**
   * Reads all changes in one query and returns those whose state is new or different. A change that cannot be read keeps
   * its last known state, and does not keep the others from being read.
   *
   * @throws ExpandContractError EC_CONTROL_MISSING, EC_DECLARATION_DIFFERS, EC_CHANGE_FORGOTTEN, EC_SCHEMA_CHANGED_UNDER,
   *   EC_ROW_UNREADABLE
   */
  async refresh(): Promise<readonly { readonly changeId: string; readonly state: ChangeState }[]> {
    const seenAt = momentNow()
    const forgotten = this.#forgotten
    const rows = await this.#readRows()
    const found = new Map<string, FoundState>()
    const failures = new Map<string, unknown>()
    for (const declared of this.#subject.declared) {
      const { id } = declared.change
      try {
        found.set(id, await this.#stateOf(declared, rows.get(id)))
      } catch (error) {
        failures.set(id, error)
      }
    }
    // Where a connection hangs, what was asked first may be answered last, or after all is over.
    const isOvertaken = this.#readAt !== undefined && seenAt.monotonicMs < this.#readAt.monotonicMs
    if (isOvertaken || forgotten !== this.#forgotten) return []
    this.#failures = failures
    const changed = this.#take(found, seenAt)
    for (const [id, row] of rows) if (!this.#declares(id)) refuseForgotten(parseChangeRow(row), this.#subject.tables)
    for (const error of failures.values()) throw error
    return changed
  }

  #take(found: ReadonlyMap<string, FoundState>, seenAt: Moment) {
    const previous = this.#states
    const taken = new Map(previous)
    for (const [id, state] of found) {
      const last = previous.get(id)
      const tenure = last === undefined ? 0 : last.tenure + (this.#isOld(last.seenAt) ? 1 : 0)
      taken.set(id, { ...state, seenAt, tenure })
    }
    this.#states = taken
    this.#readAt = seenAt
    return [...taken]
      .filter(([changeId, state]) => !isSameState(previous.get(changeId), state))
      .map(([changeId, state]) => ({ changeId, state }))
  }

  #isOld(seenAt: Moment): boolean {
    return msSince(seenAt) > this.#validMs
  }

  #declares(id: string): boolean {
    return this.#subject.declared.some(({ change }) => change.id === id)
  }

  async #stateOf({ change, sides }: DeclaredChange, record: ChangeRecord | undefined): Promise<FoundState> {
    if (record === undefined) {
      const phase = await derivedPhase(this.#subject.db, change.id, sides, this.#subject.control)
      return {
        phase,
        epoch: 0,
        held: false,
        readPercent: phase === 'contracted' ? 100 : 0,
        recorded: false,
        keepsOldInSync: keepsOldInSync(change),
      }
    }
    const row = parseChangeRow(record)
    requireSameDeclaration(change, sides, row)
    return {
      phase: row.phase,
      epoch: row.epoch,
      held: row.hold !== null,
      readPercent: row.readPercent,
      recorded: true,
      // Another checkout may have declared copy-back off, and gone to new-only by that.
      keepsOldInSync: keepsOldInSync({ sync: row.sync, copyBack: row.copyBack && change.copyBack }),
    }
  }

  async #readRows() {
    const { db, control } = this.#subject
    try {
      const rows = await db.select().from(changesTable).where(eq(changesTable.scope, defaultScope))
      this.#hasControlTables = true
      return new Map(rows.map((row) => [row.id, row]))
    } catch (error) {
      const code = errorCode(error)
      if (code !== undefinedTable && code !== undefinedSchema) throw error
      if (control === 'required') throw failure('EC_CONTROL_MISSING', {})
      this.#hasControlTables = false
      return new Map<string, ChangeRecord>()
    }
  }
}
