import { and, eq, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { defaultScope } from '../../schema/namespace.ts'
import { processes } from '../../schema/processes.ts'
import { releases } from '../../schema/releases.ts'
import type { Database } from '../drizzle/database.ts'
import { isBefore, type Phase } from '../phase/phase.ts'

export interface LaggardsOf {
  readonly changeId: string
  readonly table: { readonly schema: string; readonly name: string }
  readonly phase: Phase
}

/**
 * When each process that acts below a phase was last seen, whether its lease still runs or not, and each release that
 * does not know the change. A process that comes, opens a transaction and is gone again leaves a trace here, as its row
 * outlives its lease and its release is remembered for good.
 */
export async function laggardsSeen(db: Database, of: LaggardsOf): Promise<Readonly<Record<string, string>>> {
  return { ...(await processesBelow(db, of)), ...(await releasesWithoutChange(db, of)) }
}

/** True where nobody below the phase has been seen since. Those that are forgotten meanwhile do not matter. */
export function noneSeenSince(then: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): boolean {
  return Object.entries(now).every(([who, at]) => then[who] === at)
}

async function processesBelow(db: Database, { changeId, table, phase }: LaggardsOf): Promise<Record<string, string>> {
  const { instance, changes, phaseLeases } = processes
  const rows = await db
    .select({ instance, changes, phaseLeases, renewedAt: asText(processes.renewedAt) })
    .from(processes)
    .where(and(eq(processes.scope, defaultScope), declares(processes.tables, table)))
  return Object.fromEntries(
    // What a hand has left there is nobody's phase, and so below every other.
    rows.flatMap(({ instance, changes, phaseLeases, renewedAt }) => {
      const shared = Object.entries(phaseLeases?.[changeId] ?? {}).filter(([used]) => isBefore(used as Phase, phase))
      const own = changes?.[changeId]?.oldestPhase as Phase | undefined
      return [
        ...(own === undefined || isBefore(own, phase) ? [[instance, renewedAt]] : []),
        ...shared.map(([used, until]) => [`${instance} ${used}`, JSON.stringify(until)]),
      ]
    }),
  )
}

async function releasesWithoutChange(db: Database, { changeId, table }: LaggardsOf): Promise<Record<string, string>> {
  const rows = await db
    .select({ name: releases.name, release: releases.release, lastSeenAt: asText(releases.lastSeenAt) })
    .from(releases)
    .where(
      and(
        eq(releases.scope, defaultScope),
        declares(releases.tables, table),
        sql`not (${releases.declarations} ? ${changeId})`,
      ),
    )
  return Object.fromEntries(rows.map(({ name, release, lastSeenAt }) => [`${name} ${release}`, lastSeenAt]))
}

/** A hand may have made it infinite, which is no date. */
function asText(time: PgColumn) {
  return sql<string>`${time}::text`
}

function declares(tables: typeof processes.tables | typeof releases.tables, { schema, name }: LaggardsOf['table']) {
  return sql`${tables} ? ${`${schema}.${name}`}`
}
