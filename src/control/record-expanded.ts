import type { AnyChange } from '../change/change.ts'
import { declarationHash, recordedDeclaration } from '../change/recorded.ts'
import type { Sides } from '../change/sides.ts'
import type { Database } from '../drizzle/database.ts'
import { recordChange } from './change-row.ts'
import { appendHistory } from './history.ts'

/**
 * Records that a change is expanded: new column and sync trigger are in place, in mode `old`. Both sides have been
 * written without a gap from this first epoch on: the lock that creating the trigger took was the barrier.
 *
 * @returns false where the change was recorded already.
 */
export async function recordExpanded(
  db: Database,
  change: AnyChange,
  sides: Sides,
  evidence: Record<string, unknown>,
): Promise<boolean> {
  const declaration = recordedDeclaration(change, sides)
  const isNew = await recordChange(db, {
    id: change.id,
    declaration: { ...declaration },
    declarationHash: declarationHash(declaration),
    phase: 'expanded',
    triggerMode: 'old',
    syncSince: 1,
    copyBack: change.copyBack,
    soakMs: change.soakMs,
  })
  if (isNew) {
    await appendHistory(db, {
      changeId: change.id,
      action: 'transition',
      fromPhase: 'planned',
      toPhase: 'expanded',
      epoch: 1,
      evidence,
    })
  }
  return isNew
}
