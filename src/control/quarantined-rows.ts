import { and, countDistinct, eq } from 'drizzle-orm'
import { defaultScope } from '../../schema/namespace.ts'
import { quarantine } from '../../schema/quarantine.ts'
import type { Database } from '../drizzle/database.ts'

/** How many rows of a change are in quarantine. */
export async function quarantinedRows(db: Database, changeId: string): Promise<number> {
  const [row] = await db
    .select({ rows: countDistinct(quarantine.key) })
    .from(quarantine)
    .where(and(eq(quarantine.scope, defaultScope), eq(quarantine.changeId, changeId)))
  return row!.rows
}
