import { asc, eq, or, sql } from 'drizzle-orm'
import { z } from 'zod'
import { defaultScope } from '../../schema/namespace.ts'
import { releases } from '../../schema/releases.ts'
import type { Database } from '../drizzle/database.ts'
import type { SeenRelease } from './safe-releases.ts'

/** A release, as its processes have registered it. */
export interface Release {
  readonly name: string
  readonly release: string
  readonly tables: readonly string[]
  /** Change id → hash of its declaration. */
  readonly declarations: Readonly<Record<string, string>>
}

/** How often a running process says that its release is in use, in milliseconds; many may say so of one row. */
export const releaseSeenEveryMs = 60_000

/** Remembers that a release is in use and what it declares, for longer than its processes live. */
export async function recordRelease(
  db: Database,
  { name, release, tables, declarations }: Release,
  { isStart }: { readonly isStart: boolean },
): Promise<void> {
  const declared = { tables: [...tables], declarations: { ...declarations } }
  await db
    .insert(releases)
    .values({ name, release, ...declared })
    .onConflictDoUpdate({
      target: [releases.scope, releases.name, releases.release],
      set: { ...declared, lastSeenAt: sql`now()` },
      // A start is always told; of those that go on, one a minute is enough for all.
      ...(isStart ? {} : { setWhere: notSeenLately }),
    })
}

const notSeenLately = or(
  sql`${releases.lastSeenAt} NOT BETWEEN now() - make_interval(secs => ${sql.raw(String(releaseSeenEveryMs / 2_000))}) AND now()`,
  sql`${releases.declarations} IS DISTINCT FROM excluded.declarations`,
  sql`${releases.tables} IS DISTINCT FROM excluded.tables`,
)!

const columns = z.object({ tables: z.array(z.string()), declarations: z.record(z.string(), z.string()) })

/** All releases that have registered, in the order in which they were first seen. */
export async function readReleases(db: Database): Promise<readonly SeenRelease[]> {
  const rows = await db
    .select()
    .from(releases)
    .where(eq(releases.scope, defaultScope))
    .orderBy(asc(releases.firstSeenAt), asc(releases.release))
  return rows.map((row) => {
    const read = columns.safeParse(row)
    if (read.success) return row
    const problem = 'has a row in expand_contract.releases that cannot be read; its next start mends it'
    return { ...row, tables: [], declarations: {}, problem }
  })
}
