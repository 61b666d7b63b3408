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
import type { FlagStatus } from '../flags/port.ts'
import { Wishes } from '../flags/wish.ts'
import { defaultLeaseMs, longestLeaseMs } from '../registry/lease.ts'
import { createRepositories, type DrizzleDatabase } from '../repository/index.ts'
import { guardQuery } from '../repository/query-failed.ts'
import { consoleLog, type Log } from './events.ts'
import { Heartbeat } from './heartbeat.ts'
import { Lifecycle } from './lifecycle.ts'
import { listenForTransitions } from './listener.ts'
import { OpenUnits } from './open-units.ts'
import { PhaseView } from './phase-view.ts'
import { processIdentity } from './process-identity.ts'
import { ReadDecisions } from './read-decisions.ts'
import { Registrar } from './registrar.ts'
import { Reports } from './reports.ts'
import type { Toolkit, ToolkitOptions } from './toolkit.ts'

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
  const heartbeat = new Heartbeat({ view, registrar, units, pollMs, leaseMs, reports: new Reports(log) })
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

  const lifecycle = new Lifecycle(
    {
      async begin(interrupted) {
        await guardQuery('reading the phases', () => heartbeat.begin(interrupted))
        await flags.start?.(reportFlags)
        const { listen } = options
        if (listen === undefined) return
        stopListening = await guardQuery('listening for transitions', () =>
          listenForTransitions(listen.url, () => void heartbeat.beat(), interrupted),
        )
      },
      async end() {
        await units.drained(leaseMs)
        await stopListening?.()
        await heartbeat.stop()
        view.forget()
        try {
          await flags.stop?.()
        } finally {
          await guardQuery('leaving the registry', () => registrar.leave())
        }
      },
    },
    leaseMs,
  )

  return {
    ...repositories,
    start: () => lifecycle.start(),
    stop: () => lifecycle.stop(),
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
