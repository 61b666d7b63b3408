import { and, desc, eq, ne, sql } from 'drizzle-orm'
import type { ClientBase } from 'pg'
import { backfills } from '../../schema/backfills.ts'
import { changes } from '../../schema/changes.ts'
import { defaultScope } from '../../schema/namespace.ts'
import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import type { ChangePatch, FillDirection } from '../control/change-row.ts'
import { appendHistory } from '../control/history.ts'
import type { Session } from '../control/session.ts'
import type { Database } from '../drizzle/database.ts'
import { failure } from '../errors/index.ts'
import { verifiedEpochAsFillBegins } from '../phase/proof.ts'
import { lockEligible, type SyncedRow, type Undertaking } from '../walk/eligible.ts'
import { lastKeyOf } from '../walk/last-key.ts'
import { shortTransaction, type Waiting } from '../walk/short-transaction.ts'
import type { TableShape } from '../walk/table-shape.ts'
import { backfillPhases } from './allowed-phases.ts'
import { requireSyncTrigger } from './require-sync-trigger.ts'

/** One run of a backfill, as the database keeps it. */
export type Run = typeof backfills.$inferSelect

export interface OpenedRun {
  readonly run: Run
  /** `finished`: an earlier run stands, and there is nothing to do. */
  readonly opened: 'started' | 'resumed' | 'finished'
}

export function backfillUndertaking(direction: FillDirection): Undertaking {
  return { action: `${direction} backfill`, phases: backfillPhases[direction] }
}

/**
 * Takes up the run that is under way, finds that a finished one still stands, or begins one at the first row.
 *
 * A run stands for as long as both sides have been written together without a gap since it began (`sync_since`) and no
 * verification has found it wanting (it sets the change's `backfill_state` to `pending`). One that begins voids what was
 * verified before it.
 *
 * Locks the change's row FOR NO KEY UPDATE: transitions wait for one short transaction.
 */
export async function openRun(
  session: Session,
  change: AnyChange,
  sides: Sides,
  shape: TableShape,
  options: { readonly direction: FillDirection; readonly restart: boolean; readonly waiting: Waiting },
): Promise<OpenedRun> {
  const { direction, restart, waiting } = options
  return shortTransaction(session, change.id, waiting, async (tx) => {
    const row = await lockEligible(tx, change, sides, backfillUndertaking(direction), 'no key update')
    await requireSyncTrigger(session.client, change, sides, row)
    const latest = await latestRun(tx, change.id)
    const stands = latest?.direction === direction && latest.syncSince === row.syncSince && !restart
    if (stands && latest.state === 'done' && row.backfillState === 'done' && row.backfillDirection === direction) {
      return { run: latest, opened: 'finished' }
    }
    const resumed = stands && latest.state === 'running'
    const run = resumed ? latest : await startRun(tx, session.client, { row, sides, shape, direction })
    const verifiedEpoch = resumed ? row.verifiedEpoch : verifiedEpochAsFillBegins(direction, row)
    await mark(tx, row, { backfillState: 'running', backfillDirection: direction, verifiedEpoch })
    await record(tx, row, run, resumed ? 'resumed' : 'started')
    return { run, opened: resumed ? 'resumed' : 'started' }
  })
}

/**
 * Marks a run whose pages are all committed as done, and the change as filled.
 *
 * @throws ExpandContractError EC_RUN_STOPPED where the run no longer stands, EC_PHASE_FORBIDS
 */
export async function finishRun(
  session: Session,
  change: AnyChange,
  sides: Sides,
  options: { readonly run: number; readonly direction: FillDirection; readonly waiting: Waiting },
): Promise<Run> {
  const { run, direction, waiting } = options
  return shortTransaction(session, change.id, waiting, async (tx) => {
    const undertaking = backfillUndertaking(direction)
    const row = await lockEligible(tx, change, sides, undertaking, 'no key update')
    const [current] = await tx.select().from(backfills).where(eq(backfills.run, run)).for('no key update')
    if (current?.state === 'done') return current // another worker came first
    requireStanding(change.id, undertaking, row, current)
    const [finished] = await tx
      .update(backfills)
      .set({ state: 'done', updatedAt: sql`clock_timestamp()` })
      .where(eq(backfills.run, run))
      .returning()
    await mark(tx, row, { backfillState: 'done', backfillDirection: direction })
    await record(tx, row, finished!, 'done')
    return finished!
  })
}

/** @throws ExpandContractError EC_RUN_STOPPED where a run has been replaced or the sides have been out of sync since it began. */
export function requireStanding<Standing extends Pick<Run, 'state' | 'syncSince'>>(
  id: string,
  { action }: Undertaking,
  { syncSince }: Pick<SyncedRow, 'syncSince'>,
  run: Standing | undefined,
): Standing {
  const stopped = (problem: string) => failure('EC_RUN_STOPPED', { id, action, problem })
  if (run === undefined || run.state === 'void') throw stopped('a later run has taken its place')
  if (run.syncSince !== syncSince) {
    throw stopped(
      'the sides have not been written together all the time since it began, so what it filled proves nothing',
    )
  }
  return run
}

async function latestRun(tx: Database, changeId: string): Promise<Run | undefined> {
  const [run] = await tx
    .select()
    .from(backfills)
    .where(and(eq(backfills.scope, defaultScope), eq(backfills.changeId, changeId), ne(backfills.state, 'void')))
    .orderBy(desc(backfills.run))
    .limit(1)
  return run
}

/** Rows that are written from here on are kept in sync by the trigger, so the last key of now is where the run ends. */
async function startRun(
  tx: Database,
  client: ClientBase,
  { row, sides, shape, direction }: { row: SyncedRow; sides: Sides; shape: TableShape; direction: FillDirection },
): Promise<Run> {
  await tx
    .update(backfills)
    .set({ state: 'void' })
    .where(and(eq(backfills.scope, row.scope), eq(backfills.changeId, row.id), ne(backfills.state, 'void')))
  const [run] = await tx
    .insert(backfills)
    .values({
      scope: row.scope,
      changeId: row.id,
      direction,
      state: 'running',
      syncSince: row.syncSince,
      upperBound: await lastKeyOf(client, sides.table, shape.key),
      rowsEstimated: shape.rowsEstimated ?? 0,
    })
    .returning()
  return run!
}

/** Not a transition, so the epoch stays; the lock on the row has kept transitions away since it was read. */
async function mark(tx: Database, row: SyncedRow, patch: ChangePatch): Promise<void> {
  await tx
    .update(changes)
    .set(patch)
    .where(and(eq(changes.scope, row.scope), eq(changes.id, row.id)))
}

async function record(tx: Database, row: SyncedRow, run: Run, event: 'started' | 'resumed' | 'done'): Promise<void> {
  await appendHistory(tx, {
    changeId: row.id,
    action: 'backfill',
    fromPhase: row.phase,
    toPhase: row.phase,
    epoch: row.epoch,
    evidence: {
      event,
      run: run.run,
      direction: run.direction,
      pages: run.pages,
      rowsSeen: run.rowsSeen,
      rowsChanged: run.rowsChanged,
    },
  })
}
