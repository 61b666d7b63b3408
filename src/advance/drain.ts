import { setTimeout as delay } from 'node:timers/promises'
import { and, eq } from 'drizzle-orm'
import { changes, type Drain } from '../../schema/changes.ts'
import { openTransactions, preparedTransactions } from '../catalog/open-transactions.ts'
import type { ChangeRow } from '../control/change-row.ts'
import { appendHistory } from '../control/history.ts'
import { failure } from '../errors/index.ts'
import { drained, drainedWhereOldIsGivenUp } from '../phase/guards/index.ts'
import type { Blocker } from '../phase/transitions.ts'
import { shortTransaction } from '../walk/short-transaction.ts'
import { isSameStep, type Planned } from './plan.ts'
import { laggardsOf, remainingOf, standingDrain } from './read-drain.ts'
import type { Situation } from './read-facts.ts'
import { standingBlockers } from './refuse.ts'
import type { Target } from './target.ts'

/**
 * A drain waits for transactions that were open when everybody was known to act by the phase of now: one of them may
 * still write by what was decided before. It is recorded in the change's row, so that whoever calls next goes on from it.
 *
 * 1. It begins only once nothing else stands in the way of the step, in particular no process below the phase; what is
 *    open then was begun before, or by somebody who acts by the phase of now. Transactions that begin later are of the
 *    latter kind, so they are not waited for, and a busy database does not keep a drain from its end.
 * 2. That holds only while nobody below the phase comes back. The registry is therefore read before the guards are asked
 *    and the transactions listed, and whoever below the phase has been seen since makes the drain begin anew, also if the
 *    process is gone by then: its transaction may not be.
 * 3. A transition ends it (its epoch is another one).
 * 4. A transaction may be prepared while it is waited for, and then has another name. So the prepared ones are listed
 *    after the last of the others is gone, and waited for by that list.
 *
 * A process that slept past its lease leaves no trace while it sleeps, and may begin a transaction by an old decision
 * when it wakes. No wait can see that; there the sync trigger, or `pin_phase`, decides in the database.
 */

/** True where the drain is all that a step waits for; that is when it begins. */
export function onlyDrainBlocks({ blockers }: Pick<Planned, 'blockers'>, force: string | undefined): boolean {
  const standing = standingBlockers(blockers, force)
  return standing.length > 0 && standing.every(isOfDrain)
}

/** True where transactions that were open before are in the way, or have not been looked for yet. */
export function isOfDrain({ guard }: Blocker): boolean {
  return drainGuards.has(guard)
}

const drainGuards: ReadonlySet<string> = new Set([drained.name, drainedWhereOldIsGivenUp.name])

/** How long a drain is looked at again before it is reported: most transactions end within it. */
const brieflyMs = 1_000
const lookEveryMs = 25

/**
 * Begins the drain of a planned step, or goes on with it, where nothing else stands in the step's way, and looks again
 * for a moment.
 *
 * @returns the step as it is planned then; as it was where there was nothing to drain.
 * @throws ExpandContractError EC_EPOCH_CONFLICT where somebody has moved the change meanwhile, EC_LOCK_TIMEOUT
 */
export async function drainBriefly<Plan extends Planned>(
  target: Target,
  planned: Plan,
  replan: (target: Target) => Promise<Plan>,
  force: string | undefined,
): Promise<Plan> {
  const until = performance.now() + brieflyMs
  let plan = planned
  while (onlyDrainBlocks(plan, force)) {
    plan = await drainOnce(target, plan, replan, force)
    if (performance.now() > until || target.signal?.aborted) break
    // A signal ends the look and not the call: whoever made it sees in the plan what was waited for.
    await delay(lookEveryMs, undefined, { signal: target.signal }).catch(() => undefined)
  }
  return plan
}

/** One look: begins the drain where none stands, or lists the prepared transactions once the others are gone. */
export async function drainOnce<Plan extends Planned>(
  target: Target,
  planned: Plan,
  replan: (target: Target) => Promise<Plan>,
  force: string | undefined,
): Promise<Plan> {
  const laggards = await laggardsOf(target, requireRow(target, planned))
  const plan = await replan(target)
  const row = requireRow(target, plan)
  if (!isSameStep(planned, plan)) throw failure('EC_EPOCH_CONFLICT', { id: row.id })
  if (!onlyDrainBlocks(plan, force)) return plan
  const drain = await nextOf(target, row, laggards)
  if (drain === undefined) return plan
  await record(target, row, drain)
  return replan(target)
}

/** The drain as it has to be recorded now; undefined where what is recorded stands. */
async function nextOf(target: Target, row: ChangeRow, laggards: Drain['laggards']): Promise<Drain | undefined> {
  const { client } = target.session
  const standing = await standingDrain(target, row)
  if (standing === undefined) return listed(target, { epoch: row.epoch, begunAt: await now(client), laggards })
  const { transactions, prepared } = await remainingOf(target, standing)
  if (standing.transactions.length === 0 || transactions.length > 0) return undefined
  return { ...standing, transactions: [], prepared: prepared.map(({ gid }) => gid) }
}

async function listed(target: Target, begun: Omit<Drain, 'transactions' | 'prepared'>): Promise<Drain> {
  const { client } = target.session
  const transactions = (await openTransactions(client)).map(({ virtualxid, pid, application }) => ({
    virtualxid,
    pid,
    application,
  }))
  const prepared = transactions.length > 0 ? [] : (await preparedTransactions(client)).map(({ gid }) => gid)
  return { ...begun, transactions, prepared }
}

/** Not a transition, so the epoch stays. Its beginning goes into the history. */
async function record(target: Target, row: ChangeRow, drain: Drain): Promise<void> {
  const patienceMs = Math.min(target.lockTimeoutMs, brieflyMs)
  await shortTransaction(target.session, row.id, { patienceMs, signal: target.signal }, async (tx) => {
    const recorded = await tx
      .update(changes)
      .set({ drain })
      .where(and(eq(changes.scope, row.scope), eq(changes.id, row.id), eq(changes.epoch, drain.epoch)))
      .returning({ id: changes.id })
    if (recorded.length === 0) throw failure('EC_EPOCH_CONFLICT', { id: row.id })
    if (row.drain?.begunAt === drain.begunAt) return
    await appendHistory(tx, {
      changeId: row.id,
      action: 'drain',
      fromPhase: row.phase,
      toPhase: row.phase,
      epoch: row.epoch,
      evidence: { transactions: drain.transactions, prepared: drain.prepared },
    })
  })
}

function requireRow({ change }: Target, { row }: Situation): ChangeRow {
  if (row === undefined) throw failure('EC_CHANGE_UNRECORDED', { id: change.id })
  return row
}

async function now(client: Target['session']['client']): Promise<string> {
  const { rows } = await client.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  return rows[0]!.now.toISOString()
}
