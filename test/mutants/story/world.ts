import { databaseFlags } from 'drizzle-expand-contract'
import pg from 'pg'
import type { Target } from '../../../src/advance/target.ts'
import { openSession } from '../../../src/control/session.ts'
import { ExpandContractError, errorCode } from '../../../src/errors/index.ts'
import { type MemoryFlags, memoryFlags } from '../../../src/flags/memory.ts'
import { isBefore, type Phase, type TriggerMode } from '../../../src/phase/phase.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { Random } from '../../support/random.ts'
import { Ledger } from './ledger.ts'
import { type Service, startService } from './service.ts'
import type { Stage } from './stage.ts'
import type { Variant } from './variants.ts'
import { Violations } from './violations.ts'

/** Which sides a statement writes, by what it names and by what the users' own trigger adds. */
export type Writes = 'old' | 'both' | 'new' | 'neither'

/** What a request may meet that others may not. */
interface Exceptions {
  /** Nobody knew of it, so nobody waited for it: it may name a column that is gone. */
  readonly isUnseen?: boolean
}

/** Somebody who decided long ago and is still at it. */
export interface OpenUnit {
  finish(): Promise<void>
}

/** What the control tables say, read without the code under test. */
interface Control {
  readonly phase: Phase
  readonly mode: TriggerMode | null
  readonly isVerified: boolean
  readonly isHandedOver: boolean
  readonly isRetired: boolean
  readonly isDropped: boolean
}

const unrecorded: Control = {
  phase: 'planned',
  mode: null,
  isVerified: false,
  isHandedOver: false,
  isRetired: false,
  isDropped: false,
}

/** SQLSTATE of the fence. */
const refusal = '55000'
const undefinedColumn = '42703'

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
  /** Transactions of old releases that have written and not committed. */
  readonly lingering: OpenUnit[] = []
  /** Processes that were stopped in the middle of a request, whose lease has ended. */
  readonly sleepers: OpenUnit[] = []
  /** Of the first service, in two of three stories; the second one asks the database. */
  readonly flags: MemoryFlags
  /** The users' own trigger is still there. */
  hasUsersTrigger: boolean
  /** A backfill has ended, and the sides have been written together since it began. */
  isFilled = false
  /** Old has not been written all the time, and nobody has filled it since. */
  isOldBehind = false
  control: Control = unrecorded
  readonly variant: Variant
  readonly target: Target
  readonly services: readonly Service[]
  readonly #database: TestDatabase
  #replica: Promise<pg.Client> | undefined
  readonly #told: string[] = []

  private constructor(
    seed: number,
    parts: Pick<World, 'variant' | 'target' | 'services' | 'flags'> & { readonly database: TestDatabase },
  ) {
    this.random = new Random(seed)
    this.variant = parts.variant
    this.hasUsersTrigger = parts.variant !== 'no-trigger'
    this.#database = parts.database
    this.target = parts.target
    this.services = parts.services
    this.flags = parts.flags
  }

  /** @param seed decides everything that happens. */
  static async open(stage: Stage, seed: number): Promise<World> {
    const database = await createTestDatabase({ template: stage.template })
    const { variant, change, sides } = stage
    const flags = memoryFlags({ [change.flag]: false })
    const services = [
      await startService(stage, database.url, 'billing', seed % 3 === 0 ? databaseFlags() : flags),
      await startService(stage, database.url, 'search', databaseFlags()),
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
    return new World(seed, { database, variant, target, services, flags })
  }

  async close(): Promise<void> {
    await Promise.all(this.takeUnfinished().map((unit) => unit.finish()))
    for (const service of this.services) await service.stop()
    await (await this.#replica)?.end()
    await this.target.session.close()
    await this.#database.drop()
  }

  /** Everybody who has begun something, for them to end it. */
  takeUnfinished(): readonly OpenUnit[] {
    return [this.openUnits, this.lingering, this.sleepers].flatMap((list) => list.splice(0))
  }

  /** Runs one statement as somebody who knows nothing of the change. */
  async query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#database.pool.query<Row>(sql, [...parameters])).rows
  }

  /** Runs statements in one transaction of somebody who knows nothing of the change. */
  async transaction(statements: readonly string[], beforeCommit?: () => Promise<void>): Promise<void> {
    const client = await this.#database.pool.connect()
    try {
      for (const statement of ['BEGIN', ...statements]) await client.query(statement)
      await beforeCommit?.()
      await client.query('COMMIT')
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    } finally {
      client.release()
    }
  }

  /** Runs one statement as logical replication does. */
  async asReplica(statement: string): Promise<void> {
    this.#replica ??= openReplica(this.#database)
    await (await this.#replica).query(statement)
  }

  async lookAtControl(): Promise<void> {
    const [row] = await this.query<Control>(
      `SELECT phase, trigger_mode AS mode, coalesce(verified_epoch >= sync_since, false) AS "isVerified",
              EXISTS (SELECT FROM expand_contract.migration_steps WHERE step = 'handover' AND state <> 'deferred') AS "isHandedOver",
              retired_at IS NOT NULL AS "isRetired", dropped_at IS NOT NULL AS "isDropped"
         FROM expand_contract.changes`,
    )
    this.control = row ?? unrecorded
    const { phase } = this.control
    if (this.variant === 'no-trigger' && phase === 'expanded') this.isFilled = false
    if (this.variant !== 'copy-back' && !isBefore(phase, 'new-only')) this.isOldBehind = true
  }

  /** Whether those who know nothing of the change can go on: the old column has its name, and somebody copies it. */
  get admitsUnaware(): boolean {
    return this.variant === 'no-trigger' ? isBefore(this.control.phase, 'dual-write') : !this.control.isRetired
  }

  acknowledge(id: number, value: string): void {
    this.people.acknowledge(id, value)
    if (this.control.phase !== 'planned' && this.variant !== 'no-trigger') this.written.add(id)
  }

  /** Whether both sides of a row have to be equal now. */
  mustAgree(id: number): boolean {
    if (this.control.phase === 'planned' || this.drifted.has(id) || this.isOldBehind) return false
    return this.written.has(id) || this.isFilled || !isBefore(this.control.phase, 'read-switch')
  }

  /**
   * One request of a writer or reader. What it throws breaks a promise, except for a write that may be refused: by the
   * fence, old alone once the refusal is armed and new alone while old holds the truth; or, without a trigger, because
   * the phase has moved since its unit of work decided.
   */
  async request(what: string, writes: Writes, work: () => Promise<void>, exceptions: Exceptions = {}): Promise<void> {
    this.tell(what)
    try {
      await work()
    } catch (error) {
      const problem = this.#problemOf(error, writes, exceptions)
      if (problem === undefined) this.tell('  refused, as it has to be')
      else this.violations.report(problem.kind, what, problem.fact)
    }
  }

  #problemOf(error: unknown, writes: Writes, { isUnseen }: Exceptions) {
    const { mode, phase, isRetired } = this.control
    const isOurs = error instanceof ExpandContractError
    if (isOurs && error.code === 'EC_PHASE_MOVED' && this.variant === 'no-trigger') return undefined
    const code = errorCode(isOurs ? error.cause : error)
    if (isUnseen && isRetired && code === undefinedColumn) return undefined
    if (code !== refusal) return { kind: 'failed request', fact: `${messageOf(error)} in ${phase}` } as const
    const refusesOld = mode === 'new' || mode === 'fence'
    if ((refusesOld && writes === 'old') || (mode === 'old' && writes === 'new')) return undefined
    return { kind: 'refused write', fact: `it wrote ${writes} under mode "${mode}" in ${phase}` } as const
  }

  /** Keeps account of what happened, for who replays the story. */
  tell(line: string): void {
    this.#told.push(line)
  }

  get told(): readonly string[] {
    return this.#told
  }
}

async function openReplica(database: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.superuserBecause('only a superuser applies as a replica') })
  client.on('error', () => undefined)
  await client.connect()
  await client.query('SET session_replication_role = replica')
  return client
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
