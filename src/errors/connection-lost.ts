import { withoutValues } from './database-error.ts'
import type { ExpandContractError } from './error.ts'
import { failure } from './failure.ts'

/** What a broken connection (`isConnectionLoss`) means for the command that used it: EC_CONNECTION_LOST. */
export function connectionLost(error: unknown): ExpandContractError {
  const cause = withoutValues(error)
  return failure('EC_CONNECTION_LOST', { reason: cause.message }, cause)
}
