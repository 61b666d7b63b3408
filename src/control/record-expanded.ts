import type { AnyChange } from '../change/change.ts'
import { recordedDeclaration } from '../change/recorded.ts'
import type { Sides } from '../change/sides.ts'
import type { Database } from '../drizzle/database.ts'
import { expandedState, expandedWithoutTrigger, recordChangeAt } from './record-change.ts'

/**
 * Records that a change is expanded: new column and sync trigger are in place, in mode `old`. Both sides have been
 * written without a gap from this first epoch on: the lock that creating the trigger took was the barrier.
 *
 * @returns false where the change was recorded already.
 */
export function recordExpanded(
  db: Database,
  change: AnyChange,
  sides: Sides,
  trigger: { readonly version: string } | undefined,
  evidence: Record<string, unknown>,
): Promise<boolean> {
  const state = trigger === undefined ? expandedWithoutTrigger : expandedState(trigger)
  return recordChangeAt(db, { ...change, declaration: recordedDeclaration(change, sides) }, state, evidence)
}
