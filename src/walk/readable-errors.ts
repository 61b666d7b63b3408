import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import { connectionLost, errorCode, failure, isConnectionLoss, mayHoldValues, withoutValues } from '../errors/index.ts'

/** Undefined table, undefined column, datatype mismatch, no such operator, invalid schema name, undefined object. */
const changedUnder = new Set(['42P01', '42703', '42804', '42883', '3F000', '42704'])

/**
 * Runs work on a changed table; what PostgreSQL raises becomes an error of the catalogue without values.
 *
 * @throws ExpandContractError EC_SCHEMA_CHANGED_UNDER where the table or a column is not there any more or has another
 *   type, EC_CONNECTION_LOST, EC_QUERY_FAILED for the rest.
 */
export async function withReadableErrors<Result>(
  { change, sides: { table }, operation }: { change: AnyChange; sides: Sides; operation: string },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (isConnectionLoss(error)) throw connectionLost(error)
    if (!mayHoldValues(error)) throw error
    const cause = withoutValues(error)
    if (changedUnder.has(errorCode(error) ?? '')) {
      const details = { id: change.id, table: `${table.schema}.${table.name}`, problem: cause.message }
      throw failure('EC_SCHEMA_CHANGED_UNDER', details, cause)
    }
    throw failure(
      'EC_QUERY_FAILED',
      { operation: `The ${operation} of change "${change.id}"`, problem: cause.message },
      cause,
    )
  }
}
