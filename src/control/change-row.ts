import { and, eq, type SQL, sql } from 'drizzle-orm'
import { changes } from '../../schema/changes.ts'
import { defaultScope } from '../../schema/namespace.ts'
import type { RecordedDeclaration } from '../change/recorded.ts'
import type { Database } from '../drizzle/database.ts'
import { failure } from '../errors/index.ts'
import type { Phase, Synchronisation, TriggerMode } from '../phase/phase.ts'
import { parseChangeRow } from './parse-change-row.ts'

/** Where a change is, as the control tables record it. */
export type ChangeRow = Omit<
  typeof changes.$inferSelect,
  'declaration' | 'phase' | 'sync' | 'triggerMode' | 'backfillState' | 'backfillDirection'
> & {
  readonly declaration: RecordedDeclaration
  readonly phase: Phase
  readonly sync: Synchronisation
  readonly triggerMode: TriggerMode | null
  readonly backfillState: BackfillState
  readonly backfillDirection: FillDirection
}
export type BackfillState = 'pending' | 'running' | 'done'
/** `forward` fills new from old, `reverse` old from new. */
export type FillDirection = 'forward' | 'reverse'
/** The columns of a change's row that a step may set. */
export type ChangePatch = {
  readonly [Column in Exclude<keyof ChangeRow, 'scope' | 'id' | 'epoch' | 'createdAt'>]?: ChangeRow[Column] | SQL
}

/** Where transitions are announced at commit, for processes that listen; the payload is the id of the change. */
export const notificationChannel = 'expand_contract'

/** @throws ExpandContractError EC_ROW_UNREADABLE */
export async function readChangeRow(db: Database, id: string): Promise<ChangeRow | undefined> {
  const [row] = await db
    .select()
    .from(changes)
    .where(and(eq(changes.scope, defaultScope), eq(changes.id, id)))
  return row === undefined ? undefined : parseChangeRow(row)
}

/** @throws ExpandContractError EC_CHANGE_UNRECORDED where nobody has expanded the change in this database. */
export async function requireChangeRow(db: Database, id: string): Promise<ChangeRow> {
  const row = await readChangeRow(db, id)
  if (row === undefined) throw failure('EC_CHANGE_UNRECORDED', { id })
  return row
}

/**
 * Reads a change's row and locks it until the transaction ends: the first lock of whoever moves a change or relies on where
 * it is (change row, then tables). Undefined where nobody has expanded the change.
 *
 * @param lock `share` keeps transitions away, `no key update` (the default) other writers of the row too.
 * @throws ExpandContractError EC_ROW_UNREADABLE
 */
export async function lockChangeRow(
  db: Database,
  id: string,
  lock: 'share' | 'no key update' = 'no key update',
): Promise<ChangeRow | undefined> {
  const [row] = await db
    .select()
    .from(changes)
    .where(and(eq(changes.scope, defaultScope), eq(changes.id, id)))
    .for(lock)
  return row === undefined ? undefined : parseChangeRow(row)
}

/** Records a change for the first time. @returns false where it was recorded already; that row is left as it is. */
export async function recordChange(
  db: Database,
  row: Pick<ChangeRow, 'id' | 'declaration' | 'declarationHash' | 'phase' | 'sync' | 'copyBack' | 'soakMs'> &
    ChangePatch,
): Promise<boolean> {
  const inserted = await db.insert(changes).values(row).onConflictDoNothing().returning({ id: changes.id })
  return inserted.length > 0
}

/**
 * Moves a change's row by compare-and-set on its epoch: of two operators who decided on the same row one wins.
 * Takes the row lock, which is the first lock of every transition (change row, then tables).
 *
 * @returns the new epoch.
 * @throws ExpandContractError EC_EPOCH_CONFLICT where the row has moved since it was read.
 */
export async function compareAndSet(
  db: Database,
  row: Pick<ChangeRow, 'scope' | 'id' | 'epoch'>,
  patch: ChangePatch,
): Promise<number> {
  const [moved] = await db
    .update(changes)
    .set({ ...patch, epoch: sql`${changes.epoch} + 1` })
    .where(and(eq(changes.scope, row.scope), eq(changes.id, row.id), eq(changes.epoch, row.epoch)))
    .returning({ epoch: changes.epoch, notified: sql`pg_notify(${notificationChannel}, ${changes.id})` })
  if (moved === undefined) throw failure('EC_EPOCH_CONFLICT', { id: row.id })
  return moved.epoch
}

/** Records which version of the sync trigger is ours; in the transaction that set it, under the row's lock. */
export async function setTriggerVersion(db: Database, id: string, triggerVersion: string): Promise<void> {
  await db
    .update(changes)
    .set({ triggerVersion })
    .where(and(eq(changes.scope, defaultScope), eq(changes.id, id)))
}
