import { and, count, eq, isNull } from 'drizzle-orm'
import { mismatches } from '../../schema/mismatches.ts'
import { defaultScope } from '../../schema/namespace.ts'
import type { Database } from '../drizzle/database.ts'

/** How many confirmed mismatches of a change have not been repaired. */
export async function openMismatches(db: Database, changeId: string): Promise<number> {
  const [row] = await db
    .select({ open: count() })
    .from(mismatches)
    .where(and(eq(mismatches.scope, defaultScope), eq(mismatches.changeId, changeId), isNull(mismatches.repairedAt)))
  return row!.open
}
