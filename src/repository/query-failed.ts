import {
  DatabaseError,
  ExpandContractError,
  errorCode,
  failure,
  mayHoldValues,
  withoutValues,
} from '../errors/index.ts'

/** The changes whose values a query computes, in words. */
type Transforms = () => readonly string[]
const none: Transforms = () => []

/**
 * Runs a query of ours: whatever goes wrong in it is the driver's or Drizzle's, and leaves without values.
 *
 * @param transforms are named where a value could not be computed: PostgreSQL does not say for which column.
 */
export async function guardQuery<R>(
  operation: string,
  query: () => PromiseLike<R>,
  transforms: Transforms = none,
): Promise<R> {
  try {
    return await query()
  } catch (error) {
    throw error instanceof ExpandContractError ? error : queryFailed(operation, error, transforms)
  }
}

/** Runs work of the caller's, whose own errors pass as they are; those of the driver inside it leave without values. */
export async function guardWork<R>(
  operation: string,
  work: () => R | PromiseLike<R>,
  transforms: Transforms = none,
): Promise<R> {
  try {
    return await work()
  } catch (error) {
    throw mayHoldValues(error) ? queryFailed(operation, error, transforms) : error
  }
}

function queryFailed(operation: string, error: unknown, transforms: Transforms = none): ExpandContractError {
  const cause = isOfColumn(error)
    ? new DatabaseError('unknown', `a value could not be encoded or decoded by its column (${error.name})`, {})
    : withoutValues(error)
  const suspects = notComputable.test(cause.code) ? transforms() : []
  const problem = `${cause.message}${suspects.length === 0 ? '' : `; it may come from ${suspects.join(' or ')}`}`
  return failure('EC_QUERY_FAILED', { operation, problem }, cause)
}

/** SQLSTATEs of a value that could not be computed: data exceptions, and what functions of a user's own raise. */
const notComputable = /^(22|P0)/

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
