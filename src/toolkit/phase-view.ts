import { eq } from 'drizzle-orm'
import { changes as changesTable } from '../../schema/changes.ts'
import { defaultScope } from '../../schema/namespace.ts'
import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import { requireSameDeclaration } from '../control/declaration.ts'
import type { Database } from '../drizzle/database.ts'
import type { PhysicalTable } from '../drizzle/physical-table.ts'
import { errorCode, failure } from '../errors/index.ts'
import type { Phase } from '../phase/phase.ts'
import type { ControlPolicy } from './control-policy.ts'
import { derivedPhase } from './derived-phase.ts'
import { refuseForgotten } from './forgotten-change.ts'

/** What a process knows of a change between two polls. */
export interface ChangeState {
  readonly phase: Phase
  readonly epoch: number
  /** Reads are forced to old while in read-switch. */
  readonly held: boolean
  readonly readPercent: number
  /** False where no row exists and the catalog decided. */
  readonly recorded: boolean
}

export interface DeclaredChange {
  readonly change: AnyChange
  readonly sides: Sides
}

type ChangeRecord = typeof changesTable.$inferSelect

const undefinedTable = '42P01'
const undefinedSchema = '3F000'

/** The phases of all declared changes as this process last saw them; refreshed by polling, read without I/O. */
export class PhaseView {
  readonly #db: Database
  readonly #declared: readonly DeclaredChange[]
  readonly #tables: readonly PhysicalTable[]
  readonly #control: ControlPolicy
  #states: ReadonlyMap<string, ChangeState> = new Map()
  #hasControlTables = false

  constructor(
    db: Database,
    declared: readonly DeclaredChange[],
    tables: readonly PhysicalTable[],
    control: ControlPolicy,
  ) {
    this.#db = db
    this.#declared = declared
    this.#tables = tables
    this.#control = control
  }

  /** False where they are missing and `control: 'optional'` lets the catalog decide; there is no registry then. */
  get hasControlTables(): boolean {
    return this.#hasControlTables
  }

  /** @throws ExpandContractError EC_NOT_STARTED before the first refresh. */
  of(changeId: string): ChangeState {
    const state = this.#states.get(changeId)
    if (state === undefined) throw failure('EC_NOT_STARTED', {})
    return state
  }

  /**
   * Reads all changes in one query and returns those whose state is new or different. A change that cannot be read keeps
   * its last known state, and does not keep the others from being read.
   *
   * @throws ExpandContractError EC_CONTROL_MISSING, EC_DECLARATION_DIFFERS, EC_CHANGE_FORGOTTEN, EC_SCHEMA_CHANGED_UNDER
   */
  async refresh(): Promise<readonly { readonly changeId: string; readonly state: ChangeState }[]> {
    const rows = await this.#readRows()
    const states = new Map<string, ChangeState>()
    const failures: unknown[] = []
    for (const declared of this.#declared) {
      const { id } = declared.change
      try {
        states.set(id, await this.#stateOf(declared, rows.get(id)))
      } catch (error) {
        failures.push(error)
        const last = this.#states.get(id)
        if (last !== undefined) states.set(id, last)
      }
    }
    for (const [id, row] of rows) if (!states.has(id)) refuseForgotten(row, this.#tables)
    const previous = this.#states
    this.#states = states
    if (failures.length > 0) throw failures[0]
    return [...states]
      .filter(([changeId, state]) => !isSameState(previous.get(changeId), state))
      .map(([changeId, state]) => ({ changeId, state }))
  }

  async #stateOf({ change, sides }: DeclaredChange, row: ChangeRecord | undefined): Promise<ChangeState> {
    if (row === undefined) {
      const phase = await derivedPhase(this.#db, change.id, sides, this.#control)
      return { phase, epoch: 0, held: false, readPercent: phase === 'contracted' ? 100 : 0, recorded: false }
    }
    requireSameDeclaration(change, sides, row)
    return {
      phase: row.phase as Phase,
      epoch: row.epoch,
      held: row.hold !== null,
      readPercent: row.readPercent,
      recorded: true,
    }
  }

  async #readRows() {
    try {
      const rows = await this.#db.select().from(changesTable).where(eq(changesTable.scope, defaultScope))
      this.#hasControlTables = true
      return new Map(rows.map((row) => [row.id, row]))
    } catch (error) {
      const code = errorCode(error)
      if (code !== undefinedTable && code !== undefinedSchema) throw error
      if (this.#control === 'required') throw failure('EC_CONTROL_MISSING', {})
      this.#hasControlTables = false
      return new Map<string, ChangeRecord>()
    }
  }
}

function isSameState(one: ChangeState | undefined, other: ChangeState): boolean {
  return (
    one !== undefined &&
    one.epoch === other.epoch &&
    one.phase === other.phase &&
    one.readPercent === other.readPercent &&
    one.held === other.held
  )
}
