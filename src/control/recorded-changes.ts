import { asc, eq } from 'drizzle-orm'
import { changes } from '../../schema/changes.ts'
import { defaultScope } from '../../schema/namespace.ts'
import type { Database } from '../drizzle/database.ts'
import { ExpandContractError } from '../errors/index.ts'
import type { ChangeRow } from './change-row.ts'
import { parseChangeRow } from './parse-change-row.ts'

/** All changes of a database, for those who want to see the others where one cannot be read. */
export interface RecordedChanges {
  readonly readable: readonly ChangeRow[]
  readonly unreadable: readonly { readonly id: string; readonly error: ExpandContractError }[]
}

export async function recordedChanges(db: Database): Promise<RecordedChanges> {
  const rows = await db.select().from(changes).where(eq(changes.scope, defaultScope)).orderBy(asc(changes.id))
  const readable: ChangeRow[] = []
  const unreadable: { id: string; error: ExpandContractError }[] = []
  for (const row of rows) {
    try {
      readable.push(parseChangeRow(row))
    } catch (error) {
      if (!(error instanceof ExpandContractError)) throw error
      unreadable.push({ id: row.id, error })
    }
  }
  return { readable, unreadable }
}

/** True where nothing of a change is left to be done in this database. */
export function hasEnded({ phase, droppedAt }: Pick<ChangeRow, 'phase' | 'droppedAt'>): boolean {
  return phase === 'abandoned' || droppedAt !== null
}
