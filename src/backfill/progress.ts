/** How far a walk over a table has come. */
export interface BackfillProgress {
  readonly rowsSeen: number
  /** Rows written: those whose sides did not agree. */
  readonly rowsChanged: number
  /** From the statistics of the table, so it may be off; undefined where there are none. */
  readonly rowsEstimated: number | undefined
  /** 0 to 100; undefined where the total is unknown or has been exceeded. */
  readonly percent: number | undefined
  /** Since this process took the walk up. */
  readonly rowsPerSecond: number
  readonly etaMs: number | undefined
  readonly pages: number
  /** Who is in the way, one line each; empty while the walk moves on. */
  readonly waitingFor: readonly string[]
}

export type Counts = Pick<BackfillProgress, 'rowsSeen' | 'rowsChanged' | 'pages'>

/** Turns counts into progress. A resumed walk starts with the rows that were seen before; they do not count as speed. */
export class ProgressMeter {
  readonly #start: Counts
  readonly #rowsEstimated: number | undefined
  readonly #now: () => number
  readonly #startedAt: number
  #counts: Counts

  /** @param now the time in milliseconds. */
  constructor(start: Counts, rowsEstimated: number | undefined, now: () => number = () => performance.now()) {
    this.#start = start
    this.#counts = start
    this.#rowsEstimated = rowsEstimated
    this.#now = now
    this.#startedAt = now()
  }

  get counts(): Counts {
    return this.#counts
  }

  get elapsedMs(): number {
    return this.#now() - this.#startedAt
  }

  advance({ rowsSeen, rowsChanged, pages }: Counts): void {
    this.#counts = { rowsSeen, rowsChanged, pages }
  }

  progress(waitingFor: readonly string[] = []): BackfillProgress {
    const { rowsSeen } = this.#counts
    const rowsEstimated = this.#rowsEstimated
    const isWithin = rowsEstimated !== undefined && rowsSeen <= rowsEstimated
    const elapsedMs = this.elapsedMs
    const rowsPerSecond = elapsedMs > 0 ? ((rowsSeen - this.#start.rowsSeen) * 1000) / elapsedMs : 0
    return {
      ...this.#counts,
      rowsEstimated,
      percent: isWithin ? (rowsSeen * 100) / rowsEstimated : undefined,
      rowsPerSecond,
      etaMs: isWithin && rowsPerSecond > 0 ? ((rowsEstimated - rowsSeen) * 1000) / rowsPerSecond : undefined,
      waitingFor,
    }
  }
}
