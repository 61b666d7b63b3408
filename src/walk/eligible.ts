import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import { type ChangeRow, lockChangeRow, requireChangeRow } from '../control/change-row.ts'
import { requireSameDeclaration } from '../control/declaration.ts'
import { hasEnded } from '../control/recorded-changes.ts'
import type { Database } from '../drizzle/database.ts'
import { failure } from '../errors/index.ts'
import { type Phase, phases } from '../phase/phase.ts'

/** What somebody sets out to do with a change, in words, and where that is allowed. */
export interface Undertaking {
  readonly action: string
  readonly phases: readonly Phase[]
}

/** A change's row whose sides are written together. */
export type SyncedRow = ChangeRow & { readonly syncSince: number }

/**
 * Reads a change's row under a lock and refuses what its phase does not allow. It is the first lock of the transaction,
 * as everywhere: change row, then tables.
 *
 * @param lock `share` keeps transitions away until the end of the transaction, `no key update` other writers of the row too.
 * @throws ExpandContractError EC_CHANGE_UNRECORDED, EC_ROW_UNREADABLE, EC_DECLARATION_DIFFERS, EC_PHASE_FORBIDS,
 *   EC_NOT_SYNCED, EC_OLD_GIVEN_UP
 */
export async function lockEligible(
  tx: Database,
  change: AnyChange,
  sides: Sides,
  undertaking: Undertaking,
  lock: 'share' | 'no key update',
): Promise<SyncedRow> {
  const row = await lockChangeRow(tx, change.id, lock)
  if (row === undefined) throw failure('EC_CHANGE_UNRECORDED', { id: change.id })
  requireSameDeclaration(change, sides, row)
  const eligible = requireEligible(row, undertaking)
  if (isOldGivenUp(row)) throw failure('EC_OLD_GIVEN_UP', { id: row.id, action: undertaking.action, phase: row.phase })
  return eligible
}

/**
 * Refuses what a change's row alone forbids, before the table is looked at: once the change is contracted or has ended that
 * has another shape.
 *
 * @throws ExpandContractError EC_CHANGE_UNRECORDED, EC_ROW_UNREADABLE, EC_CHANGE_ENDED, EC_PHASE_FORBIDS, EC_NOT_SYNCED
 */
export async function requireUnderWay(db: Database, id: string, undertaking: Undertaking): Promise<void> {
  const row = await requireChangeRow(db, id)
  if (hasEnded(row)) {
    const end = row.phase === 'abandoned' ? 'it was abandoned' : 'its old column has been dropped'
    throw failure('EC_CHANGE_ENDED', { id, action: undertaking.action, end })
  }
  requireEligible(row, undertaking)
}

/** @throws ExpandContractError EC_PHASE_FORBIDS, EC_NOT_SYNCED */
export function requireEligible<Row extends Pick<ChangeRow, 'id' | 'phase' | 'syncSince'>>(
  row: Row,
  { action, phases }: Undertaking,
): Row & { readonly syncSince: number } {
  const { id, phase, syncSince } = row
  if (!phases.includes(phase)) throw failure('EC_PHASE_FORBIDS', { id, action, phase, allowed: phases })
  if (syncSince === null) throw failure('EC_NOT_SYNCED', { id, action })
  return { ...row, syncSince }
}

/** Nobody writes old any more, so that it differs from new in every row that was written since. */
function isOldGivenUp({ phase, copyBack }: ChangeRow): boolean {
  return phases[phase].write === 'new' && !copyBack
}
