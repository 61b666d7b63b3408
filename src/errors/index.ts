export type { ErrorCode, Outcome } from './catalogue.ts'
export { DatabaseError, errorCode, isConnectionLoss, mayHoldValues, withoutValues } from './database-error.ts'
export { ExpandContractError } from './error.ts'
export { failure } from './failure.ts'
