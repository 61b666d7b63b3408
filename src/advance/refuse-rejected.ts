import { quarantinedRows } from '../control/quarantined-rows.ts'
import type { Facts } from '../phase/facts.ts'
import { quarantineEmpty } from '../phase/guards/index.ts'
import type { Phase } from '../phase/phase.ts'
import { blockersOf } from '../phase/transitions.ts'
import { refuseIfBlocked } from './refuse.ts'
import type { Target } from './target.ts'

/**
 * Asked where the trigger becomes strict, under the table's lock: no writer is left of those whom the lenient trigger let
 * through, and one of them may have gone into quarantine since the guards were asked.
 *
 * @throws ExpandContractError EC_GUARD_REFUSED
 */
export async function refuseIfRejectedMeanwhile({ session, change }: Target, seen: Facts, to: Phase): Promise<void> {
  const facts = { ...seen, quarantined: await quarantinedRows(session.db, change.id) }
  refuseIfBlocked(facts, to, blockersOf([quarantineEmpty], facts), undefined)
}
