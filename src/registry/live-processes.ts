import { and, asc, eq, getTableColumns, gt, sql } from 'drizzle-orm'
import { defaultScope } from '../../schema/namespace.ts'
import { processes } from '../../schema/processes.ts'
import { printable } from '../catalog/printable.ts'
import type { Database } from '../drizzle/database.ts'
import type { LiveProcess } from '../phase/live-process.ts'
import { renewalsPerLease } from './lease.ts'
import { asLeaseTime } from './phase-leases.ts'
import { type ProcessRow, readRow, type Said } from './process-row.ts'

/** A change as this code declares it: what the processes of its table are asked about. */
export interface AskedAbout {
  readonly changeId: string
  readonly table: { readonly schema: string; readonly name: string }
  /** Hash of its declaration; without it nobody is compared. */
  readonly declarationHash?: string
}

/**
 * The processes with a valid lease that declare a table, and what each says of one change of it. A row that cannot be
 * believed counts as a process of the table: nobody knows better.
 */
export async function liveProcesses(
  db: Database,
  { changeId, table, declarationHash }: AskedAbout,
): Promise<readonly LiveProcess[]> {
  const rows = await readRows(db)
  return rows.flatMap((row) => {
    const said = readRow(row, changeId, `${table.schema}.${table.name}`)
    return said.kind === 'elsewhere' ? [] : [liveProcess(row, said, declarationHash)]
  })
}

async function readRows(db: Database): Promise<readonly ProcessRow[]> {
  return db
    .select({
      ...getTableColumns(processes),
      nowText: sql<string>`${asLeaseTime(sql`now()`)}`,
      silentForMs: msBetween(processes.renewedAt, sql`now()`),
      leaseEndsInMs: msBetween(sql`now()`, processes.leaseUntil),
    })
    .from(processes)
    .where(and(eq(processes.scope, defaultScope), gt(processes.leaseUntil, sql`now()`)))
    .orderBy(asc(processes.name), asc(processes.host), asc(processes.pid))
}

/** Of two times, of which a hand may have made one infinite. */
function msBetween(from: unknown, to: unknown) {
  return sql`CASE WHEN isfinite(${from}) AND isfinite(${to})
    THEN extract(epoch FROM ${to} - ${from}) * 1000 ELSE 'Infinity' END`.mapWith(Number)
}

function liveProcess(row: ProcessRow, said: Said, declarationHash: string | undefined): LiveProcess {
  const { name, release, host, pid, isShared, flags, silentForMs, leaseEndsInMs } = row
  const aware = said.kind === 'aware' ? said.statement : undefined
  const acts = said.kind === 'aware' ? said.acts : undefined
  const problem = said.kind === 'problem' ? said.problem : differs(aware?.hash, declarationHash)
  return {
    name: printable(name),
    release: printable(release),
    host: printable(host),
    pid,
    isShared,
    flags,
    oldestPhase: problem === undefined ? acts?.oldest : undefined,
    newestPhase: problem === undefined ? acts?.newest : undefined,
    keyedReads: aware?.keyedReads ?? { old: 0, new: 0, lastOldAgoMs: null },
    longUnits: aware?.longUnits ?? 0,
    silentForMs: Math.round(silentForMs),
    isSilent: silentForMs > (missedRenewals / renewalsPerLease) * (silentForMs + leaseEndsInMs),
    leaseEndsInMs: Math.round(leaseEndsInMs),
    problem,
  }
}

/** One may be late. */
const missedRenewals = 2

function differs(hash: string | undefined, declarationHash: string | undefined): string | undefined {
  if (hash === undefined || declarationHash === undefined || hash === declarationHash) return undefined
  return 'it declares the change differently. Deploy a release that declares it as it is recorded'
}
