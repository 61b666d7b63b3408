import type { Drain } from '../../schema/changes.ts'
import {
  describeOpen,
  describePrepared,
  type OpenTransaction,
  openTransactions,
  type PreparedTransaction,
  preparedTransactions,
} from '../catalog/open-transactions.ts'
import type { ChangeRow } from '../control/change-row.ts'
import type { DrainFacts } from '../phase/facts.ts'
import { laggardsSeen, noneSeenSince } from '../registry/laggards.ts'
import type { Target } from './target.ts'

/** What is left of a drain. */
export interface Remaining {
  readonly transactions: readonly OpenTransaction[]
  readonly prepared: readonly PreparedTransaction[]
}

/** Looks for the transactions of a drain; the open ones first, as one of them may become a prepared one meanwhile. */
export async function remainingOf({ session: { client } }: Target, drain: Drain): Promise<Remaining> {
  const recorded = new Set(drain.transactions.map(keyOf))
  const open = await openTransactions(client)
  const prepared = await preparedTransactions(client)
  return {
    transactions: open.filter((transaction) => recorded.has(keyOf(transaction))),
    prepared: drain.transactions.length > 0 ? prepared : prepared.filter(({ gid }) => drain.prepared.includes(gid)),
  }
}

/** The drain of a change's row, if it stands. */
export async function standingDrain(target: Target, row: ChangeRow): Promise<Drain | undefined> {
  const { drain } = row
  if (drain === null || drain.epoch !== row.epoch) return undefined
  return noneSeenSince(drain.laggards, await laggardsOf(target, row)) ? drain : undefined
}

/** What the guards are told of a drain; undefined where none stands. */
export async function drainFacts(target: Target, row: ChangeRow): Promise<DrainFacts | undefined> {
  const drain = await standingDrain(target, row)
  if (drain === undefined) return undefined
  const { transactions, prepared } = await remainingOf(target, drain)
  return { waitingFor: [...transactions.map(describeOpen), ...prepared.map(describePrepared)] }
}

/** Who has been seen below the phase of a change, and when. */
export function laggardsOf({ session, change, sides: { table } }: Target, { phase }: ChangeRow) {
  return laggardsSeen(session.db, { changeId: change.id, table, phase })
}

function keyOf({ virtualxid, pid }: Pick<OpenTransaction, 'virtualxid' | 'pid'>): string {
  return `${virtualxid} ${pid}`
}
