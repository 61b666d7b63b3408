import type { ClientBase } from 'pg'
import type { AnyChange } from '../change/change.ts'
import type { TriggerMode } from '../phase/phase.ts'
import { createSyncTriggers, type TriggerSides } from './sync-triggers.ts'

/** Statements that switch the mode of a change's sync trigger. SHARE ROW EXCLUSIVE on the table. */
export function switchModeStatements(
  change: Pick<AnyChange, 'id'>,
  sides: TriggerSides,
  mode: TriggerMode,
): readonly string[] {
  return createSyncTriggers(change.id, sides, mode)
}

/**
 * Switches the mode of a change's sync trigger, inside the transaction that moves the change's row and that holds the
 * table lock already (`withTableLocks`).
 */
export async function switchMode(
  client: ClientBase,
  change: Pick<AnyChange, 'id'>,
  sides: TriggerSides,
  mode: TriggerMode,
): Promise<void> {
  for (const statement of switchModeStatements(change, sides, mode)) await client.query(statement)
}
