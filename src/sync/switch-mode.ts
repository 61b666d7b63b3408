import type { ClientBase } from 'pg'
import type { AnyChange } from '../change/change.ts'
import {
  comparesNames,
  createSyncTriggers,
  disableNamedTrigger,
  type SyncSetting,
  type TriggerSides,
} from './sync-triggers.ts'

/** Statements that set a change's sync triggers anew. SHARE ROW EXCLUSIVE on the table. */
export function switchModeStatements(
  change: Pick<AnyChange, 'id'>,
  sides: TriggerSides,
  setting: SyncSetting,
): readonly string[] {
  return [
    ...createSyncTriggers(change.id, sides, setting),
    ...(comparesNames(setting) ? [] : [disableNamedTrigger(change.id, sides)]),
  ]
}

/**
 * Sets a change's sync triggers anew, inside the transaction that moves the change's row and that holds the table lock
 * already (`withTableLocks`).
 */
export async function switchMode(
  client: ClientBase,
  change: Pick<AnyChange, 'id'>,
  sides: TriggerSides,
  setting: SyncSetting,
): Promise<void> {
  for (const statement of switchModeStatements(change, sides, setting)) await client.query(statement)
}
