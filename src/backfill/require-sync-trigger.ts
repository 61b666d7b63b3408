import type { ClientBase } from 'pg'
import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import type { ChangeRow } from '../control/change-row.ts'
import { failure } from '../errors/index.ts'
import { triggerState } from '../sync/index.ts'

/**
 * A backfill fills the rows that there are; the sync trigger sees to those that are written meanwhile, or, where the
 * change has none, the repositories, which all write both sides by then.
 *
 * @throws ExpandContractError EC_GUARD_REFUSED where the trigger is missing, or where some setting lets writers pass it by.
 */
export async function requireSyncTrigger(
  client: ClientBase,
  change: AnyChange,
  sides: Sides,
  { phase, sync }: Pick<ChangeRow, 'phase' | 'sync'>,
): Promise<void> {
  if (sync === 'none') return
  const trigger = await triggerState(client, change, sides)
  if (trigger?.enabledAlways) return
  const fact =
    trigger === undefined ? 'the sync trigger is missing' : 'the sync trigger is disabled or not ENABLE ALWAYS'
  throw failure('EC_GUARD_REFUSED', {
    id: change.id,
    from: phase,
    to: 'backfill',
    reasons: [`${fact}, so what is written meanwhile would reach one side only`],
    forceable: false,
  })
}
