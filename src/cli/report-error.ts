import { ExpandContractError, mayHoldValues, withoutValues } from '../errors/index.ts'
import { type ExitCode, exitCode, exitCodeOf } from './exit-code.ts'
import type { Output } from './output.ts'

/** Prints an error with its way out, and says what the command exits with. */
export function reportError(error: unknown, output: Output): ExitCode {
  if (error instanceof ExpandContractError) {
    output.result({ error: { code: error.code, message: error.message, fix: error.fix } })
    if (!output.json)
      output.note(`${output.style('red', error.code)}  ${error.message}\n${output.style('dim', '→')} ${error.fix}`)
    return exitCodeOf(error.outcome)
  }
  const message = mayHoldValues(error)
    ? `the database refused: ${withoutValues(error).message}`
    : error instanceof Error
      ? error.message
      : String(error)
  output.result({
    error: { code: 'EC_UNEXPECTED', message, fix: 'Nothing is half done; the command may be repeated.' },
  })
  if (!output.json) output.note(`${output.style('red', 'unexpected')}  ${message}`)
  return exitCode.failed
}
