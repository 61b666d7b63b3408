import { setTimeout as delay } from 'node:timers/promises'
import { describeOpen, openTransactions } from '../catalog/open-transactions.ts'
import { findRelation, type Relation } from '../catalog/relations.ts'
import { errorCode, failure } from '../errors/index.ts'
import { conflictingOn, describeBlocker, readBlockers } from '../sql/blockers.ts'
import { qualified } from '../sql/identifier.ts'
import { defaultTotalMs, lockPolicy } from '../sql/lock-table.ts'
import type { MigrationFile } from './migration-file.ts'
import { clientOf, type Run, tell } from './run.ts'
import type { NameInSql } from './statement.ts'
import { type ConcurrentIndex, concurrentIndex } from './statement-kinds.ts'
import type { Unit } from './units.ts'

/** Lock not available, and a deadlock that was resolved at our expense. */
const retryable = new Set(['55P03', '40P01'])

/**
 * Runs a statement that PostgreSQL refuses inside a transaction.
 *
 * Building or dropping an index concurrently waits for transactions and holds up nobody but other DDL (SHARE UPDATE
 * EXCLUSIVE), so it may queue for the whole limit. A build that fails leaves an invalid index behind, which costs every
 * write and serves no read: it is dropped before the next try.
 *
 * @param wasBegun an earlier run began this statement and did not live to note its end, so its work may be there.
 * @throws ExpandContractError EC_LOCK_TIMEOUT; what the statement raises.
 */
export async function runOutside(run: Run, file: MigrationFile, unit: Unit, wasBegun: boolean): Promise<void> {
  const index = concurrentIndex(unit.statements[0]!)
  if (wasBegun && index !== undefined && (await isDone(run, index))) return
  const totalMs = run.input.locks?.totalMs ?? defaultTotalMs
  const { probeEveryMs } = run.input.locks?.policy ?? lockPolicy
  const started = performance.now()
  for (;;) {
    const leftMs = Math.max(1, Math.ceil(totalMs - (performance.now() - started)))
    try {
      await withLockTimeout(run, leftMs, async () => {
        await dropInvalid(run, index)
        await clientOf(run).query(unit.text)
      })
      return
    } catch (error) {
      if (!retryable.has(errorCode(error) ?? '')) throw error
    }
    const waitedMs = performance.now() - started
    const { lock, blockers } = await whoIsInTheWay(run, index)
    tell(run, { kind: 'blocked', migration: file.migration.tag, blockers })
    if (waitedMs + probeEveryMs > totalMs) throw failure('EC_LOCK_TIMEOUT', { lock, waitedMs, blockers })
    await delay(probeEveryMs, undefined, run.input.signal === undefined ? {} : { signal: run.input.signal })
  }
}

/** The timeout of a session that runs no transaction cannot be set for one statement alone. */
async function withLockTimeout(run: Run, ms: number, work: () => Promise<void>): Promise<void> {
  const client = clientOf(run)
  await client.query(`SET lock_timeout = ${ms}`)
  try {
    await work()
  } finally {
    await client.query('RESET lock_timeout').catch(() => undefined) // a connection that broke keeps no setting
  }
}

async function isDone(run: Run, { action, index }: ConcurrentIndex): Promise<boolean> {
  const found = await relationOf(run, index)
  return action === 'drop' ? found === undefined : found?.isValid === true
}

async function dropInvalid(run: Run, index: ConcurrentIndex | undefined): Promise<void> {
  const found = index?.action === 'create' ? await relationOf(run, index.index) : undefined
  if (found?.kind === 'index' && !found.isValid) {
    await clientOf(run).query(`DROP INDEX CONCURRENTLY ${qualified(found)}`)
  }
}

async function relationOf(run: Run, name: NameInSql | undefined): Promise<Relation | undefined> {
  return name && findRelation(clientOf(run), name)
}

/** Who holds locks of the table; else the transactions that a concurrent build waits for, whatever they have done. */
async function whoIsInTheWay(
  run: Run,
  index: ConcurrentIndex | undefined,
): Promise<{ readonly lock: string; readonly blockers: readonly string[] }> {
  const client = clientOf(run)
  const table = await relationOf(run, index?.table)
  const holders = table && (await readBlockers(client, [conflictingOn([table], 'SHARE UPDATE EXCLUSIVE')]))
  return {
    lock: `table ${table === undefined ? 'of the statement' : qualified(table)}`,
    blockers: holders?.length ? holders.map(describeBlocker) : (await openTransactions(client)).map(describeOpen),
  }
}
