import { parseArgs } from 'node:util'

/** What the command line asks for. */
export interface Request {
  /** Groups to run, in this order. */
  readonly groups: readonly string[]
  readonly json: boolean
  /** Rows of the largest table. */
  readonly rows: number
  /** How often each variant is measured. */
  readonly rounds: number
  /** Calls of each variant in one round, where single calls are timed. */
  readonly callsPerRound: number
}

/** Figures to be quoted come from the full size; the quick one shows that everything runs. */
const sizes = {
  full: { rows: 2_000_000, rounds: 5, callsPerRound: 2_000 },
  quick: { rows: 50_000, rounds: 3, callsPerRound: 200 },
} as const

export const usage = `Usage: npm run bench -- [group …] [--quick] [--rows <number>] [--rounds <number>] [--json]`

/** A command line that asks for what there is not. */
export class UsageError extends Error {}

/** @throws UsageError */
export function parseRequest(args: readonly string[], knownGroups: readonly string[]): Request {
  const { values, positionals } = parsed(args)
  const unknown = positionals.find((name) => !knownGroups.includes(name))
  if (unknown !== undefined) {
    throw new UsageError(`There is no group ${JSON.stringify(unknown)}. Groups: ${knownGroups.join(', ')}.`)
  }
  const size = values.quick ? sizes.quick : sizes.full
  return {
    groups: positionals.length === 0 ? knownGroups : positionals,
    json: values.json,
    rows: wholeNumber('--rows', values.rows, smallestTable) ?? size.rows,
    rounds: wholeNumber('--rounds', values.rounds, 1) ?? size.rounds,
    callsPerRound: size.callsPerRound,
  }
}

/** A hundredth of it is still a table of some pages. */
const smallestTable = 10_000

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        rows: { type: 'string' },
        rounds: { type: 'string' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function wholeNumber(option: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text.replaceAll('_', ''))
  if (Number.isInteger(number) && number >= least) return number
  throw new UsageError(`${option} takes a whole number from ${least} up, not ${JSON.stringify(text)}.`)
}
