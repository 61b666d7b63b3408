import { defaultScope } from '../../schema/namespace.ts'
import type { Session } from '../control/session.ts'
import type { Database } from '../drizzle/database.ts'
import { literal } from '../sql/identifier.ts'
import { readRowBlockers } from './row-blockers.ts'
import { lockTimeoutMs, type Patience, untilUnblocked } from './until-unblocked.ts'

/** How long to wait for locks, and whom to tell. */
export type Waiting = Pick<Patience, 'patienceMs' | 'signal' | 'onBlocked'>

/**
 * Runs a short transaction that begins with the lock of a change's row. A transition that holds that row is waited for as
 * a page waits for its rows: for a while, and with its name.
 *
 * @throws ExpandContractError EC_LOCK_TIMEOUT
 */
export async function shortTransaction<Result>(
  { client, db }: Session,
  changeId: string,
  waiting: Waiting,
  work: (tx: Database) => Promise<Result>,
): Promise<Result> {
  const attempt = () =>
    db.transaction(
      async (tx) => {
        await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`)
        return work(tx)
      },
      { isolationLevel: 'read committed' },
    )
  const table = 'expand_contract.changes'
  const lockers = `SELECT xmax FROM ${table} WHERE scope = ${literal(defaultScope)} AND id = ${literal(changeId)}`
  return untilUnblocked(attempt, { ...waiting, table, readBlockers: () => readRowBlockers(client, table, lockers) })
}
