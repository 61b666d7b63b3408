import type { Outcome } from '../errors/index.ts'

/** What the command line exits with, so that scripts can tell a blocked step from a broken one. */
export const exitCode = { ok: 0, failed: 1, actionNeeded: 2, usage: 3, interrupted: 130 } as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

export function exitCodeOf(outcome: Outcome): ExitCode {
  return { failed: exitCode.failed, 'action-needed': exitCode.actionNeeded, usage: exitCode.usage }[outcome]
}
