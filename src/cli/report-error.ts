import { connectionLost, ExpandContractError, isConnectionLoss, mayHoldValues, withoutValues } from '../errors/index.ts'
import { type ExitCode, exitCode, exitCodeOf } from './exit-code.ts'
import { wrapped } from './layout.ts'
import type { Output } from './output.ts'

/** Of an error that nobody foresaw nothing can be promised. */
const unexpectedFix =
  'How far the command came is not known: look at `npx expand-contract status` before repeating it. This may be a defect of the toolkit.'

/** Prints an error with its way out, and says what the command exits with. */
export function reportError(thrown: unknown, output: Output): ExitCode {
  const error = isConnectionLoss(thrown) ? connectionLost(thrown) : thrown
  if (error instanceof ExpandContractError) {
    const { code, message, fix, outcome } = error
    output.result({ error: { code, message, fix } })
    if (!output.json) {
      output.note(onTerminal('red', code, `  ${message}`, 0, output))
      output.note(onTerminal('dim', '→', ` ${fix}`, 2, output))
    }
    return exitCodeOf(outcome)
  }
  const message = mayHoldValues(error)
    ? `the database refused: ${withoutValues(error).message}`
    : error instanceof Error
      ? error.message
      : String(error)
  output.result({ error: { code: 'EC_UNEXPECTED', message, fix: unexpectedFix } })
  if (!output.json) {
    output.note(onTerminal('red', 'unexpected', `  ${message}`, 0, output))
    output.note(onTerminal('dim', '→', ` ${unexpectedFix}`, 2, output))
  }
  return exitCode.failed
}

/** Errors go to stderr, which may be a terminal where stdout is none, and the reverse. */
function onTerminal(style: 'red' | 'dim', mark: string, text: string, indent: number, output: Output): string {
  const columns = process.stderr.columns ?? Number.POSITIVE_INFINITY
  return `${output.style(style, mark, process.stderr)}${wrapped(`${mark}${text}`, columns, indent).slice(mark.length)}`
}
