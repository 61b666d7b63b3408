import { catalogue, type DetailsOf, type ErrorCode } from './catalogue.ts'
import { ExpandContractError } from './error.ts'

/** Makes an error of the catalogue; the caller throws it. `cause` must already be free of values (see `withoutValues`). */
export function failure<Code extends ErrorCode>(
  code: Code,
  details: DetailsOf<Code>,
  cause?: unknown,
): ExpandContractError {
  const { message, fix, outcome } = catalogue[code] as unknown as {
    message: (details: unknown) => string
    fix: (details: unknown) => string
    outcome: ExpandContractError['outcome']
  }
  return new ExpandContractError({ code, message: message(details), fix: fix(details), outcome, details, cause })
}
