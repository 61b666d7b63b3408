import type { ClientBase } from 'pg'
import { setTriggerVersion } from '../control/change-row.ts'
import type { Database } from '../drizzle/database.ts'
import { triggerModeIn } from '../phase/phase.ts'
import { isAltered, type SyncSetting, triggerState } from '../sync/index.ts'
import type { StepChange } from './step-change.ts'

/** How the sync trigger of a change is set once it is contracted: writes to old alone are refused. */
export function armedSetting({ copyBack }: StepChange): SyncSetting {
  return { mode: triggerModeIn('contracted', { copyBack, armed: true })!, copyBack }
}

/** False where somebody else altered the trigger since it was recorded; a step of ours must not hide that. */
export async function isTriggerOurs(client: ClientBase, change: StepChange, recorded: string | null): Promise<boolean> {
  const trigger = await triggerState(client, change, change)
  return trigger !== undefined && recorded !== null && !isAltered(recorded, trigger.version)
}

/** What is found in the catalog from now on is known to be ours; in the transaction that set the trigger. */
export async function recordTriggerVersion(client: ClientBase, db: Database, change: StepChange): Promise<void> {
  const trigger = await triggerState(client, change, change)
  if (trigger !== undefined) await setTriggerVersion(db, change.id, trigger.version)
}
