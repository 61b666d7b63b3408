import { styleText } from 'node:util'
import type { Request } from './command-line.ts'
import { isMet, type Measurement, type Target } from './group.ts'

/** One line of JSON: the row, its figure, and the numbers behind it. */
export function jsonLine({ row, value, raw }: Measurement, { rows, rounds }: Pick<Request, 'rows' | 'rounds'>): string {
  return JSON.stringify(
    {
      name: row.name,
      value,
      unit: row.unit,
      target: limitOf(row.target),
      met: isMet(row.target, value),
      raw: { table_rows: rows, rounds, ...raw },
    },
    (_key, field: unknown) => (typeof field === 'number' ? brief(field) : field),
  )
}

/** The row for people: figure, target and verdict, then the numbers behind it, one kind a line. */
export function textLines({ row, value, raw }: Measurement): string {
  const met = isMet(row.target, value)
  const figure = `${brief(value)} ${row.unit}`
  const target = `target ${'atLeast' in row.target ? '≥' : '≤'} ${limitOf(row.target)}`
  const verdict = styled(met ? 'green' : 'red', met ? 'met' : 'missed')
  const numbers = Object.entries(raw).map(
    ([name, numbers]) => `  ${name.padEnd(32)} ${[numbers].flat().map(shown).join('  ')}`,
  )
  return [
    '',
    `${styled('bold', row.name.padEnd(30))} ${figure.padEnd(22)} ${target.padEnd(16)} ${verdict}`,
    styled('dim', `  ${row.compares}`),
    ...numbers,
  ].join('\n')
}

function limitOf(target: Target): number {
  return 'atLeast' in target ? target.atLeast : target.atMost
}

/** Five digits, more than any clock on a shared machine is good for; what was counted stays exact. */
function brief(number: number): number {
  return Number.isInteger(number) ? number : Number(number.toPrecision(5))
}

function shown(value: number | string): string {
  return typeof value === 'number' ? brief(value).toLocaleString('en-US', { maximumFractionDigits: 5 }) : value
}

function styled(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout })
}
