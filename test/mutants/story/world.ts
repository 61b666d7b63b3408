import { databaseFlags } from 'drizzle-expand-contract'
import type { Target } from '../../../src/advance/target.ts'
import { openSession } from '../../../src/control/session.ts'
import { ExpandContractError, errorCode } from '../../../src/errors/index.ts'
import { type MemoryFlags, memoryFlags } from '../../../src/flags/memory.ts'
import { isBefore, type Phase, type TriggerMode } from '../../../src/phase/phase.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { Random } from '../../support/random.ts'
import { Ledger } from './ledger.ts'
import { type Service, startService } from './service.ts'
import { change, type Stage, sides } from './stage.ts'
import { Violations } from './violations.ts'

/** Which sides a statement writes, by what it names and by what the users' own trigger adds. */
export type Writes = 'old' | 'both' | 'new' | 'neither'

/** A unit of work that decided long ago and is still at it. */
export interface OpenUnit {
  finish(): Promise<void>
}

/** What the control tables say, read without the code under test. */
interface Control {
  readonly phase: Phase
  readonly mode: TriggerMode | null
  readonly isRetired: boolean
  readonly isDropped: boolean
}

const unrecorded: Control = { phase: 'planned', mode: null, isRetired: false, isDropped: false }

/** SQLSTATE of the fence. */
const refusal = '55000'

/** One database in mid-change with everybody who uses it, and what they were promised. */
export class World {
  readonly random: Random
  readonly violations = new Violations()
  readonly people = new Ledger()
  readonly badges = new Ledger()
  /** Keys that were written since the trigger is there. */
  readonly written = new Set<number>()
  /** Keys that were written past the trigger, on purpose: the next backfill or repair has to find them. */
  readonly drifted = new Set<number>()
  readonly openUnits: OpenUnit[] = []
  /** Of the first service, in two of three stories; the second one asks the database. */
  readonly flags: MemoryFlags
  /** The users' own trigger is still there. */
  hasUsersTrigger = true
  /** A backfill has ended. */
  isFilled = false
  control: Control = unrecorded
  readonly target: Target
  readonly services: readonly Service[]
  readonly #database: TestDatabase
  readonly #told: string[] = []

  private constructor(
    seed: number,
    parts: Pick<World, 'target' | 'services' | 'flags'> & { readonly database: TestDatabase },
  ) {
    this.random = new Random(seed)
    this.#database = parts.database
    this.target = parts.target
    this.services = parts.services
    this.flags = parts.flags
  }

  /** @param seed decides everything that happens. */
  static async open(stage: Stage, seed: number): Promise<World> {
    const database = await createTestDatabase({ template: stage.template })
    const flags = memoryFlags({ [change.flag]: false })
    const services = [
      await startService(database.url, 'billing', seed % 3 === 0 ? databaseFlags() : flags),
      await startService(database.url, 'search', databaseFlags()),
    ]
    const target: Target = {
      session: await openSession(database.url),
      change,
      sides,
      changes: [change],
      migrations: {
        folder: stage.folder,
        migrationsTable: '__drizzle_migrations',
        migrationsSchema: 'drizzle',
      },
      casing: undefined,
      lockTimeoutMs: 5_000,
    }
    return new World(seed, { database, target, services, flags })
  }

  async close(): Promise<void> {
    await Promise.all(this.openUnits.splice(0).map((unit) => unit.finish()))
    for (const service of this.services) await service.stop()
    await this.target.session.close()
    await this.#database.drop()
  }

  /** Runs one statement as somebody who knows nothing of the change. */
  async query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#database.pool.query<Row>(sql, [...parameters])).rows
  }

  /** Runs statements in one transaction of somebody who knows nothing of the change. */
  async transaction(statements: readonly string[]): Promise<void> {
    const client = await this.#database.pool.connect()
    try {
      for (const statement of ['BEGIN', ...statements, 'COMMIT']) await client.query(statement)
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    } finally {
      client.release()
    }
  }

  async lookAtControl(): Promise<void> {
    const [row] = await this.query<Control>(
      `SELECT phase, trigger_mode AS mode, retired_at IS NOT NULL AS "isRetired", dropped_at IS NOT NULL AS "isDropped"
         FROM expand_contract.changes`,
    )
    this.control = row ?? unrecorded
  }

  /** Whether the old column still has its name, so that those who know no other can go on. */
  get hasOldColumn(): boolean {
    return !this.control.isRetired
  }

  acknowledge(id: number, value: string): void {
    this.people.acknowledge(id, value)
    if (this.control.phase !== 'planned') this.written.add(id)
  }

  /** Whether both sides of a row have to be equal now. */
  mustAgree(id: number): boolean {
    if (this.control.phase === 'planned' || this.drifted.has(id)) return false
    return this.written.has(id) || this.isFilled || !isBefore(this.control.phase, 'read-switch')
  }

  /**
   * One request of a writer or reader. What it throws breaks a promise, except for a write that the fence may refuse:
   * old alone once the refusal is armed, new alone while old holds the truth.
   */
  async request(what: string, writes: Writes, work: () => Promise<void>): Promise<void> {
    this.tell(what)
    try {
      await work()
    } catch (error) {
      const code = errorCode(error instanceof ExpandContractError ? error.cause : error)
      const { mode, phase } = this.control
      if (code !== refusal) this.violations.report('failed request', what, `${messageOf(error)} in ${phase}`)
      else if (!((mode === 'new' && writes === 'old') || (mode === 'old' && writes === 'new'))) {
        this.violations.report('refused write', what, `it wrote ${writes} under mode "${mode}" in ${phase}`)
      } else this.tell('  refused, as it has to be')
    }
  }

  /** Keeps account of what happened, for who replays the story. */
  tell(line: string): void {
    this.#told.push(line)
  }

  get told(): readonly string[] {
    return this.#told
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
