import { and, eq } from 'drizzle-orm'
import { changes } from '../../schema/changes.ts'
import { defaultScope } from '../../schema/namespace.ts'
import type { ChangeRow } from '../control/change-row.ts'
import type { Database } from '../drizzle/database.ts'

/** The row of a change, locked to the end of the transaction: no transition moves it meanwhile. */
export async function lockChangeRow(db: Database, id: string): Promise<ChangeRow | undefined> {
  const [row] = (await db
    .select()
    .from(changes)
    .where(and(eq(changes.scope, defaultScope), eq(changes.id, id)))
    .for('update')) as ChangeRow[]
  return row
}
