import { defaultScope } from '../../schema/namespace.ts'
import type { Changes } from '../change/change.ts'
import { collectChanges } from '../change/collect.ts'
import { declarationHash, recordedDeclaration } from '../change/recorded.ts'
import { sidesOf } from '../change/sides.ts'
import { casingOf } from '../drizzle/casing.ts'
import type { Database } from '../drizzle/database.ts'
import { physicalTablesOf } from '../drizzle/physical-table.ts'
import { failure } from '../errors/index.ts'
import { databaseFlags } from '../flags/database.ts'
import type { FlagPort, FlagStatus } from '../flags/port.ts'
import { Wishes } from '../flags/wish.ts'
import { defaultLeaseMs, longestLeaseMs } from '../registry/lease.ts'
import { createRepositories, type DrizzleDatabase, type Repositories } from '../repository/index.ts'
import { guardQuery } from '../repository/query-failed.ts'
import type { ControlPolicy } from './control-policy.ts'
import { consoleLog, type Log } from './events.ts'
import { Heartbeat } from './heartbeat.ts'
import { listenForTransitions } from './listener.ts'
import { OpenUnits } from './open-units.ts'
import { PhaseView } from './phase-view.ts'
import { type ProcessOptions, processIdentity } from './process-identity.ts'
import { ReadDecisions } from './read-decisions.ts'
import { Registrar } from './registrar.ts'

/** What a toolkit is made of. Only `db`, `schema` and `changes` are needed. */
export interface ToolkitOptions<Schema, Cs, Db> {
  /** The Drizzle database of the service; any PostgreSQL driver. */
  readonly db: Db
  /** The schema module: `import * as schema from './schema'`. */
  readonly schema: Schema
  /** The module, record or array of the changes. */
  readonly changes: Cs
  /** Who decides reads while both sides are filled. Default: `databaseFlags()`, the percentage set by `next` and `reads`. */
  readonly flags?: FlagPort
  /** How this process appears in `status`, which names the processes that a step waits for. */
  readonly process?: ProcessOptions
  /**
   * `required`: `start()` fails where the control tables are missing. `optional`: the columns of the tables decide then,
   * and there is no registry; for tests and previews, never for production. Default: `'required'`.
   */
  readonly control?: ControlPolicy
  /**
   * How often the phases are looked at, in milliseconds; the price is one indexed query. Default: 1000. It bounds how
   * long a rollback takes to reach this process.
   */
  readonly pollMs?: number
  /**
   * How long this process counts as live after it last renewed its registration, in milliseconds; an hour at most.
   * Default: 15000. A longer one lets a crashed process block the next step for longer; a shorter one makes work wait
   * sooner where the phases cannot be read: nothing is decided by phases that were last seen longer ago.
   */
  readonly leaseMs?: number
  /** Learns of transitions by LISTEN, too, on a connection of its own to this URL (PostgreSQL itself, no pooler). Default: off. */
  readonly listen?: { readonly url: string }
  /** Hears what the toolkit has to tell. Default: one line each on the console. */
  readonly log?: Log
}

/** The repositories of a service, and what keeps them in step with the database. */
export interface Toolkit<Schema, Cs extends Changes, Db extends DrizzleDatabase> extends Repositories<Schema, Cs, Db> {
  /**
   * Reads the phases, registers this process, starts the flags, and keeps all of it up to date until `stop`. Repositories
   * work from then on; before, they reject with EC_NOT_STARTED. What had begun is undone where it fails.
   *
   * @throws ExpandContractError EC_CONTROL_MISSING, EC_DECLARATION_DIFFERS, EC_CHANGE_FORGOTTEN,
   *   EC_SCHEMA_CHANGED_UNDER, EC_QUERY_FAILED, and EC_NOT_STARTED where `stop` was called meanwhile
   */
  start(): Promise<void>
  /**
   * Waits for open units of work (at most the lease), takes this process out of the registry, so that nobody waits for
   * it, and ends all timers. The `db` stays open. Call it once no new requests come in: repositories then reject with
   * EC_NOT_STARTED, as before `start`.
   *
   * @throws ExpandContractError EC_QUERY_FAILED where the registry cannot be reached; the lease runs out then.
   */
  stop(): Promise<void>
  /**
   * Looks at the phases now, instead of at the next poll.
   *
   * @throws ExpandContractError EC_QUERY_FAILED, EC_CONTROL_MISSING, EC_DECLARATION_DIFFERS, EC_SCHEMA_CHANGED_UNDER;
   *   the last known phases stay in force for less than the lease.
   */
  refresh(): Promise<void>
}

/**
 * Joins the tables of a service, their changes and the flags.
 *
 * ```ts
 * const toolkit = createToolkit({ db, schema, changes, process: { name: 'billing', release: gitSha } })
 * await toolkit.start()
 * const users = toolkit.repository(schema.users)
 * ```
 *
 * @throws ExpandContractError EC_TABLE_UNKNOWN, EC_CHANGE_ID_TAKEN, EC_OVERLAPPING_CHANGES
 */
export function createToolkit<
  Schema extends Record<string, unknown>,
  const Cs extends Changes,
  Db extends DrizzleDatabase,
>(options: ToolkitOptions<Schema, Cs, Db>): Toolkit<Schema, Cs, Db> {
  const { flags = databaseFlags(), control = 'required', pollMs = 1_000, leaseMs = defaultLeaseMs } = options
  const log = harmless(options.log ?? consoleLog)
  refuseUnlessTimely(pollMs, leaseMs)
  const db = options.db as unknown as Database
  const casing = casingOf(db)
  const declared = collectChanges(options.changes).map((change) => ({ change, sides: sidesOf(change, casing) }))
  const physicalTables = physicalTablesOf(options.schema as Readonly<Record<string, unknown>>, casing)
  const tables = physicalTables.map(({ schema, name }) => `${schema}.${name}`)
  const declarations = Object.fromEntries(
    declared.map(({ change, sides }) => [change.id, declarationHash(recordedDeclaration(change, sides))]),
  )
  const identity = processIdentity(options.process, { scope: defaultScope, tables, declarations })
  const view = new PhaseView({ db, declared, tables: physicalTables, control, leaseMs })
  const units = new OpenUnits()
  const wishes = new Wishes(flags, (message) => log({ type: 'flags', level: 'warn', message }))
  const decisions = new ReadDecisions(view, wishes, log)
  const registrar = new Registrar({
    db,
    identity,
    tables,
    declarations,
    flags: flags.name,
    view,
    units,
    decisions,
    leaseMs,
  })
  const heartbeat = new Heartbeat({ view, registrar, units, pollMs, leaseMs, log })
  const repositories = createRepositories({
    db: options.db,
    schema: options.schema,
    changes: options.changes,
    decider: {
      decide: (change, context, pinned) => decisions.decide(change, context, pinned),
      confirm: (change, decision) => decisions.confirm(change, decision),
      confirmRead: (change, decision) => decisions.confirmRead(change, decision),
      whenCurrent: () => heartbeat.whenCurrent(),
      writesStrictly: (change) => decisions.writesStrictly(change),
      lookAgain: () => heartbeat.beat(),
    },
    observer: units,
  })
  const reportFlags = (status: FlagStatus) =>
    log({ type: 'flags', level: status.state === 'ready' ? 'info' : 'warn', message: flagLine(flags.name, status) })
  let stopListening: (() => Promise<void>) | undefined
  let started: Promise<void> | undefined

  const start = async () => {
    await guardQuery('reading the phases', () => heartbeat.begin())
    await flags.start?.(reportFlags)
    const { listen } = options
    if (listen === undefined) return
    stopListening = await guardQuery('listening for transitions', () =>
      listenForTransitions(listen.url, () => void heartbeat.beat()),
    )
  }
  const stop = async () => {
    await units.drained(leaseMs)
    await stopListening?.()
    await heartbeat.stop()
    view.forget()
    try {
      await flags.stop?.()
    } finally {
      await guardQuery('leaving the registry', () => registrar.leave())
    }
  }

  return {
    ...repositories,
    start() {
      started ??= start().catch(async (error: unknown) => {
        started = undefined
        await stop().catch(() => undefined) // the first failure is the one to tell
        throw error
      })
      return started
    },
    async stop() {
      started = undefined
      await stop()
    },
    async refresh() {
      const error = await heartbeat.beat()
      if (error !== undefined) await guardQuery('reading the phases', () => Promise.reject(error))
    },
  }
}

function refuseUnlessTimely(pollMs: number, leaseMs: number): void {
  if (pollMs > 0 && leaseMs >= 2 * pollMs && leaseMs <= longestLeaseMs) return
  throw failure('EC_OPTION_INVALID', {
    option: 'pollMs, leaseMs',
    problem: `a process that looks every ${pollMs} ms cannot keep a lease of ${leaseMs} ms. Give leaseMs at least twice pollMs, and at most ${longestLeaseMs}.`,
  })
}

/** A log that throws must neither end the polling nor fail a request. */
function harmless(log: Log): Log {
  return (event) => {
    try {
      log(event)
    } catch {}
  }
}

function flagLine(
  name: string,
  { state, reason }: { readonly state: string; readonly reason: string | undefined },
): string {
  return `Flags "${name}" are ${state}${reason === undefined ? '' : `: ${reason}`}.`
}
