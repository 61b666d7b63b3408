import type { Bench } from './bench.ts'

/** How good a figure has to be. */
export type Target = { readonly atLeast: number } | { readonly atMost: number }

/** One figure of the benchmark. */
export interface Row {
  /** As `--json` names it: its group, a dot, and the rest. */
  readonly name: string
  /** What is compared with what, in one sentence. */
  readonly compares: string
  readonly unit: string
  readonly target: Target
}

/** The numbers behind a figure: of each round, or summed up. */
export type Raw = Readonly<Record<string, number | string | readonly number[]>>

/** A row as it was measured. */
export interface Measurement {
  readonly row: Row
  readonly value: number
  readonly raw: Raw
}

/** Rows that share what it takes to measure them; `npm run bench -- <name>` runs one group. */
export interface Group {
  readonly rows: readonly Row[]
  /** Yields each row as soon as it is measured. Throws only where something broke: a missed target is a figure. */
  measure(bench: Bench): AsyncIterable<Measurement>
}

export function isMet(target: Target, value: number): boolean {
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
}
