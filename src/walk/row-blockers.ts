import type { ClientBase } from 'pg'
import { describeBlocker, type LockCondition, readBlockers } from '../sql/blockers.ts'
import { literal } from '../sql/identifier.ts'

/**
 * Who keeps writers out of a table, or else holds locks on some of its rows, one line each; asked after a wait was given
 * up. An empty list means unknown.
 *
 * A row names its last locker in `xmax`. Where several share a row that is a number of another kind, and they stay
 * unnamed. The rows are not looked at while the table itself is locked, as that would wait.
 *
 * @param table quoted, with its schema.
 * @param lockers a query of one column, `xmax`, over the rows that were wanted.
 */
export async function readRowBlockers(client: ClientBase, table: string, lockers: string): Promise<readonly string[]> {
  const relation = `to_regclass(${literal(table)})`
  const ofTable = await holders(
    client,
    `lock.locktype = 'relation' AND lock.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
       AND (lock.relation = ${relation} OR lock.relation IN (SELECT relid FROM pg_partition_tree(${relation})))`,
  )
  if (ofTable.length > 0) return ofTable
  return holders(client, `lock.locktype = 'transactionid' AND lock.transactionid IN (${lockers})`)
}

async function holders(client: ClientBase, condition: LockCondition): Promise<readonly string[]> {
  return (await readBlockers(client, [`lock.granted AND ${condition}`])).map(describeBlocker)
}
