import { is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import type { Changes } from '../change/change.ts'
import { collectChanges } from '../change/collect.ts'
import { sidesOf } from '../change/sides.ts'
import { casingOf } from '../drizzle/casing.ts'
import type { Database } from '../drizzle/database.ts'
import { physicalTable } from '../drizzle/physical-table.ts'
import { databaseFlags } from '../flags/database.ts'
import type { FlagPort } from '../flags/port.ts'
import { Wishes } from '../flags/wish.ts'
import { defaultLeaseMs, leaveRegistry } from '../registry/registration.ts'
import { createRepositories, type DrizzleDatabase, type Repositories } from '../repository/index.ts'
import { guardQuery } from '../repository/query-failed.ts'
import { consoleLog, type Log } from './events.ts'
import { Heartbeat } from './heartbeat.ts'
import { listenForTransitions } from './listener.ts'
import { OpenUnits } from './open-units.ts'
import { type ControlPolicy, PhaseView } from './phase-view.ts'
import { type ProcessOptions, processIdentity } from './process-identity.ts'
import { ReadDecisions } from './read-decisions.ts'

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
  /** How often the phases are looked at, in milliseconds; the price is one indexed query. Default: 1000. */
  readonly pollMs?: number
  /** How long this process counts as live after it last renewed its registration, in milliseconds. Default: 15000. */
  readonly leaseMs?: number
  /** Learns of transitions by LISTEN, too, on a connection of its own to this URL (PostgreSQL itself, no pooler). Default: off. */
  readonly listen?: { readonly url: string }
  /** Hears what the toolkit has to tell. Default: one line each on the console. */
  readonly log?: Log
}

export interface Toolkit<Schema, Cs extends Changes, Db extends DrizzleDatabase> extends Repositories<Schema, Cs, Db> {
  /**
   * Reads the phases, registers this process, starts the flags, and keeps all of it up to date until `stop`.
   *
   * @throws ExpandContractError EC_CONTROL_MISSING, EC_DECLARATION_DIFFERS, EC_SCHEMA_CHANGED_UNDER, EC_QUERY_FAILED
   */
  start(): Promise<void>
  /** Takes this process out of the registry, so that nobody waits for it, and ends all timers. The `db` stays open. */
  stop(): Promise<void>
  /** Looks at the phases now, instead of at the next poll. */
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
  const {
    log = consoleLog,
    flags = databaseFlags(),
    control = 'required',
    pollMs = 1_000,
    leaseMs = defaultLeaseMs,
  } = options
  const db = options.db as unknown as Database
  const declared = collectChanges(options.changes).map((change) => ({ change, sides: sidesOf(change, casingOf(db)) }))
  const identity = processIdentity(options.process)
  const view = new PhaseView(db, declared, control)
  const units = new OpenUnits()
  const wishes = new Wishes(flags, (message) => log({ type: 'flags', level: 'warn', message }))
  const decisions = new ReadDecisions(view, wishes, log)
  const heartbeat = new Heartbeat({
    db,
    declared,
    tables: tableNames(options.schema),
    identity,
    flags: flags.name,
    view,
    units,
    decisions,
    pollMs,
    leaseMs,
    log,
  })
  const repositories = createRepositories({
    db: options.db,
    schema: options.schema,
    changes: options.changes,
    decider: decisions,
    observer: units,
  })
  let stopListening: (() => Promise<void>) | undefined

  return {
    ...repositories,
    async start() {
      await guardQuery('reading the phases', () => heartbeat.begin())
      await flags.start?.((status) =>
        log({
          type: 'flags',
          level: status.state === 'ready' ? 'info' : 'warn',
          message: flagLine(flags.name, status),
        }),
      )
      if (options.listen !== undefined)
        stopListening = await listenForTransitions(options.listen.url, () => void heartbeat.beat())
    },
    async stop() {
      await stopListening?.()
      await heartbeat.stop()
      await flags.stop?.()
      if (view.hasControlTables) await guardQuery('leaving the registry', () => leaveRegistry(db, identity.instance))
    },
    refresh: () => heartbeat.beat(),
  }
}

function tableNames(schema: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.values(schema)
    .filter((value): value is PgTable => is(value, PgTable))
    .map((table) => physicalTable(table))
    .map(({ schema: namespace, name }) => `${namespace}.${name}`)
}

function flagLine(
  name: string,
  { state, reason }: { readonly state: string; readonly reason: string | undefined },
): string {
  return `Flags "${name}" are ${state}${reason === undefined ? '' : `: ${reason}`}.`
}
