import type { ClientBase, QueryResult } from 'pg'
import { queryInOneTrip } from './one-trip.ts'
import { countStatement, releaseStatement, type Walked } from './quarantine-statements.ts'
import type { Waiting } from './short-transaction.ts'
import { lockTimeoutMs, untilUnblocked } from './until-unblocked.ts'

/**
 * Ends a walk of the table: what is settled leaves quarantine.
 *
 * @returns how many rows are left in it.
 */
export async function releaseSettled(
  client: ClientBase,
  changeId: string,
  { waiting, ...walked }: Walked & { readonly waiting: Waiting },
): Promise<number> {
  if (!walked.sides.transform.mayRaise) return 0
  const settings = { lockTimeoutMs, statementTimeoutMs: 0 }
  const statements = [releaseStatement(changeId, walked), countStatement(changeId)]
  const attempt = () => queryInOneTrip(client, settings, statements)
  const table = 'expand_contract.quarantine'
  const results = await untilUnblocked(attempt, { ...waiting, table, readBlockers: async () => [] })
  return (results[1] as QueryResult<{ rows: number }>).rows[0]!.rows
}
