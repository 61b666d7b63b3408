import {
  DatabaseError,
  ExpandContractError,
  errorCode,
  failure,
  mayHoldValues,
  withoutValues,
} from '../errors/index.ts'

/** Runs a query of ours: whatever goes wrong in it is the driver's or Drizzle's, and leaves without values. */
export async function guardQuery<R>(operation: string, query: () => PromiseLike<R>): Promise<R> {
  try {
    return await query()
  } catch (error) {
    throw error instanceof ExpandContractError ? error : queryFailed(operation, error)
  }
}

/** Runs work of the caller's, whose own errors pass as they are; those of the driver inside it leave without values. */
export async function guardWork<R>(operation: string, work: () => R | PromiseLike<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    throw mayHoldValues(error) ? queryFailed(operation, error) : error
  }
}

function queryFailed(operation: string, error: unknown): ExpandContractError {
  const cause = isOfColumn(error)
    ? new DatabaseError('unknown', `a value could not be encoded or decoded by its column (${error.name})`, {})
    : withoutValues(error)
  return failure('EC_QUERY_FAILED', { operation, problem: cause.message }, cause)
}

/** Thrown by a column's own code, a `customType` for example, which may put the value into its message. */
function isOfColumn(error: unknown): error is Error {
  return error instanceof Error && error.constructor.name !== 'DrizzleQueryError' && errorCode(error) === undefined
}

/**
 * Runs a transaction: what its callback throws is the caller's and passes as it is, unless a driver made it; what BEGIN
 * and COMMIT throw is the driver's.
 */
export async function guardTransaction<R, Tx>(
  begin: (work: (tx: Tx) => Promise<R>) => Promise<R>,
  work: (tx: Tx) => R | PromiseLike<R>,
): Promise<R> {
  let thrown: { readonly error: unknown } | undefined
  const observed = async (tx: Tx): Promise<R> => {
    try {
      return await work(tx)
    } catch (error) {
      thrown = { error }
      throw error
    }
  }
  try {
    return await begin(observed)
  } catch (error) {
    const isOfCaller = thrown?.error === error && !mayHoldValues(error)
    throw isOfCaller || error instanceof ExpandContractError ? error : queryFailed('transaction', error)
  }
}
