import type { BackfillProgress } from './progress.ts'

/** Where lines cannot be redrawn, at most one line in this time, so that a log of hours stays readable. */
export const plainLineEveryMs = 5_000

/**
 * One line for people, without a bar.
 *
 * ```text
 * 840,000 of about 2,000,000 rows (42 %), 160,000 rows/s, 7 s left
 * ```
 */
export function progressLine(progress: BackfillProgress): string {
  return [amount(progress), ...pace(progress)].join(', ')
}

/**
 * One line for a terminal, no wider than it has columns.
 *
 * ```text
 * [##########--------------]  42 %  840,000 of about 2,000,000 rows (42 %), 160,000 rows/s, 7 s left
 * ```
 */
export function progressBar(progress: BackfillProgress, columns: number): string {
  const text = progressLine(progress)
  const width = Math.min(longestBar, columns - text.length - '[] '.length)
  const line = width < shortestBar ? text : `[${bar(progress.percent, width)}] ${text}`
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`
}

const longestBar = 30
const shortestBar = 8

function bar(percent: number | undefined, width: number): string {
  if (percent === undefined) return '?'.repeat(width)
  const filled = Math.floor((Math.min(percent, 100) * width) / 100)
  return '#'.repeat(filled) + '-'.repeat(width - filled)
}

/** How much of how many; a total that is unknown, or that turned out too low, is not turned into a percentage. */
function amount({ rowsSeen, rowsEstimated, percent }: BackfillProgress): string {
  const seen = number(rowsSeen)
  if (rowsEstimated === undefined) return `${seen} rows, total unknown`
  if (percent === undefined) return `${seen} rows, more than the ${number(rowsEstimated)} estimated`
  return `${seen} of about ${number(rowsEstimated)} rows (${Math.floor(percent)} %)`
}

function pace({ rowsPerSecond, etaMs, waitingFor }: BackfillProgress): readonly string[] {
  if (waitingFor.length > 0) return [`waiting for ${waitingFor.join('; ')}`]
  if (rowsPerSecond < 1) return []
  return [`${number(rowsPerSecond)} rows/s`, ...(etaMs === undefined ? [] : [`${duration(etaMs)} left`])]
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** `7 s`, `3 min 20 s`, `2 h 5 min`: the two largest units. */
function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
