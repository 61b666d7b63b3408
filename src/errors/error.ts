import type { ErrorCode, Outcome } from './catalogue.ts'

/**
 * The one error class of the toolkit.
 *
 * The message states the fact and its consequence, `fix` says what to do. Neither they nor `cause` ever hold a row
 * value, a query parameter or a connection string, so an error may be logged at any depth (`util.inspect` included).
 */
export class ExpandContractError extends Error {
  override readonly name = 'ExpandContractError'
  /** Stable identifier, for example `EC_LOCK_TIMEOUT`; a page per code is in `docs/errors.md`. */
  readonly code: ErrorCode
  /** The names and numbers the message was made of; never values of a row. */
  readonly details: Readonly<Record<string, unknown>>
  /** What to do, in one or two sentences. */
  readonly fix: string
  /** What a command that ends with this error exits with. */
  readonly outcome: Outcome

  /** @internal Made by the toolkit alone; test for it with `instanceof`. */
  constructor(init: {
    code: ErrorCode
    message: string
    fix: string
    outcome: Outcome
    details: Readonly<Record<string, unknown>>
    cause?: unknown
  }) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.code = init.code
    this.fix = init.fix
    this.outcome = init.outcome
    this.details = init.details
  }
}
