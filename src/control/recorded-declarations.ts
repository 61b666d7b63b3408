import { eq } from 'drizzle-orm'
import { changes } from '../../schema/changes.ts'
import { defaultScope } from '../../schema/namespace.ts'
import type { RecordedDeclaration } from '../change/recorded.ts'
import type { Database } from '../drizzle/database.ts'
import { readDeclaration } from './parse-change-row.ts'

/** What each recorded change is about, by id. One whose row does not say so any more is left out: whoever moves it is told. */
export async function recordedDeclarations(db: Database): Promise<ReadonlyMap<string, RecordedDeclaration>> {
  const rows = await db
    .select({ id: changes.id, declaration: changes.declaration })
    .from(changes)
    .where(eq(changes.scope, defaultScope))
  return new Map(
    rows.flatMap((row) => {
      const declaration = readDeclaration(row)
      return declaration === undefined ? [] : [[row.id, declaration] as const]
    }),
  )
}
