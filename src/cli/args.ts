import type { ArgsDef, PositionalArgDef } from 'citty'
import { failure } from '../errors/index.ts'

/** The change that a command is about. */
export const changeArg: { readonly change: PositionalArgDef } = {
  change: {
    type: 'positional',
    required: false,
    description: 'Id of the change; may be left out when there is one',
    valueHint: 'change',
  },
}

/** The same where another argument follows it, so that it cannot be left out. */
export const requiredChangeArg: typeof changeArg = {
  change: { type: 'positional', required: true, description: 'Id of the change', valueHint: 'change' },
}

/** Options of commands that take a step which guards may block. */
export const stepArgs = {
  yes: { type: 'boolean', alias: 'y', description: 'Do not ask' },
  'dry-run': { type: 'boolean', description: 'Show the step and what blocks it, and take none' },
  force: {
    type: 'string',
    description: 'Override courtesy guards; the reason is kept in the history',
    valueHint: 'reason',
  },
} as const satisfies ArgsDef

/** What was said about taking a step. */
export interface StepOptions {
  readonly yes: boolean
  readonly dryRun: boolean
  /** Why courtesy guards are overridden; undefined where they are not. */
  readonly force: string | undefined
}

/** @throws ExpandContractError EC_OPTION_INVALID for `--force` without a reason. */
export function stepOptions(args: { yes?: unknown; 'dry-run'?: unknown; force?: unknown }): StepOptions {
  const force = typeof args.force === 'string' ? args.force.trim() : undefined
  // An option behind --force was meant as one, not as the reason.
  if (force === '' || force?.startsWith('-')) {
    throw failure('EC_OPTION_INVALID', { option: '--force', problem: 'give the reason; it is kept in the history.' })
  }
  return { yes: Boolean(args.yes), dryRun: Boolean(args['dry-run']), force }
}

/** A whole number of at least 1. @throws ExpandContractError EC_OPTION_INVALID */
export function countOption(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (Number.isInteger(number) && number > 0) return number
  throw failure('EC_OPTION_INVALID', { option, problem: `${JSON.stringify(value)} is not a whole number above 0.` })
}
