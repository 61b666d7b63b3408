import { declarationHash, type RecordedDeclaration } from '../change/recorded.ts'
import type { Database } from '../drizzle/database.ts'
import type { Synchronisation } from '../phase/phase.ts'
import { type ChangePatch, type ChangeRow, recordChange } from './change-row.ts'
import { appendHistory } from './history.ts'

/** What the row of a change is made of; its declaration may be gone from the code. */
export interface RecordedChange {
  readonly id: string
  readonly declaration: RecordedDeclaration
  readonly sync: Synchronisation
  readonly copyBack: boolean
  readonly soakMs: number
}

/** Where a change is found to be. */
export type FoundState = Pick<ChangeRow, 'phase'> &
  Pick<ChangePatch, 'triggerMode' | 'triggerVersion' | 'syncSince' | 'readPercent' | 'retiredAt' | 'droppedAt'>

/**
 * Records a change that the database did not know, where it is found to be, with its first line of history.
 *
 * @returns false where it was recorded already; that row is left as it is.
 */
export async function recordChangeAt(
  db: Database,
  { id, declaration, sync, copyBack, soakMs }: RecordedChange,
  state: FoundState,
  evidence: Record<string, unknown>,
): Promise<boolean> {
  const isNew = await recordChange(db, {
    id,
    declaration,
    declarationHash: declarationHash(declaration),
    sync,
    copyBack,
    soakMs,
    ...state,
  })
  if (isNew) {
    const { phase } = state
    await appendHistory(db, {
      changeId: id,
      action: 'transition',
      fromPhase: 'planned',
      toPhase: phase,
      epoch: 1,
      evidence,
    })
  }
  return isNew
}

/** In place are the new column and the sync trigger, whose creation took the lock that was the barrier: no gap since. */
export function expandedState({ version }: { readonly version: string }): FoundState {
  return { phase: 'expanded', triggerMode: 'old', triggerVersion: version, syncSince: 1 }
}

/** Where nothing but repositories keeps the sides together, they are together only once all of those write both. */
export const expandedWithoutTrigger: FoundState = { phase: 'expanded' }
