import { parseArgs } from 'node:util'

export interface LabOptions {
  /** Of all scenarios together; undefined for what CI takes. */
  readonly minutes: number | undefined
  readonly seed: number
  /** Names of scenarios; empty for all of them. */
  readonly only: readonly string[]
  readonly json: boolean
  /** Whether what happens is shown line by line, on stderr. */
  readonly verbose: boolean
}

export const usage = 'npm run faults -- [--minutes 10 | --ci] [--seed 42] [--only kills,storm] [--json] [--verbose]'

const largestSeed = 2 ** 31

/** @throws Error for an option that there is not, or a value that makes no sense. */
export function readOptions(args: readonly string[], scenarioNames: readonly string[]): LabOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '10' },
      ci: { type: 'boolean', default: false },
      seed: { type: 'string' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  })
  const minutes = values.ci ? undefined : Number(values.minutes)
  if (minutes !== undefined && !(minutes > 0 && minutes <= 24 * 60))
    throw new Error('--minutes takes a number above 0.')
  const seed = Number(values.seed ?? Math.floor(Math.random() * largestSeed))
  if (!Number.isInteger(seed) || seed < 0 || seed >= largestSeed) throw new Error('--seed takes a whole number.')
  const only = values.only.split(',').filter((name) => name !== '')
  const unknown = only.find((name) => !scenarioNames.includes(name))
  if (unknown !== undefined) throw new Error(`There is no scenario "${unknown}", only ${scenarioNames.join(', ')}.`)
  return { minutes, seed, only, json: values.json, verbose: values.verbose }
}
