import { parseArgs } from 'node:util'
import { type SabotageName, sabotageNames } from './sabotage.ts'

export interface DemoOptions {
  /** End with one JSON line on stdout; the story goes to stderr. */
  readonly json: boolean
  /** Users in the table at the beginning. Default: 200,000. */
  readonly rows: number
  /** Requests that have to be made before the checker is asked. Default: 20,000. */
  readonly requests: number
  readonly sabotage: SabotageName | undefined
}

export const usage = `npm run demo -- [--json] [--rows=200000] [--requests=20000] [--sabotage=${sabotageNames.join('|')}]`

/** @throws Error that says what is wrong with the arguments. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      rows: { type: 'string', default: '200000' },
      requests: { type: 'string', default: '20000' },
      sabotage: { type: 'string' },
    },
  })
  return {
    json: values.json,
    rows: wholeNumber('rows', values.rows, 10_000),
    requests: wholeNumber('requests', values.requests, 1),
    sabotage: sabotageNamed(values.sabotage),
  }
}

function wholeNumber(option: string, text: string, atLeast: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= atLeast) return number
  throw new Error(`--${option} has to be a whole number of at least ${atLeast}.`)
}

function sabotageNamed(text: string | undefined): SabotageName | undefined {
  if (text === undefined) return undefined
  const name = sabotageNames.find((candidate) => candidate === text)
  if (name === undefined) throw new Error(`--sabotage has to be one of ${sabotageNames.join(', ')}.`)
  return name
}
