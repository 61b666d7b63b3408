import type { LedgerEntry } from './ledger.ts'

export interface Verdict {
  /** Everything that the four processes asked of the database. */
  readonly requests: number
  readonly failedRequests: number
  /** Acknowledged writes of which nothing is left although nothing newer took their place. */
  readonly lostWrites: number
  /** Reads that returned a value older than the newest one whose write was acknowledged before the read was sent. */
  readonly staleReads: number
  /** Rows that are there although their deletion was acknowledged. */
  readonly resurrected: number
  /** Failed requests by SQLSTATE, `unknown` where the connection broke. */
  readonly failures: Readonly<Record<string, number>>
}

/**
 * Holds what the processes were told against what is in the table.
 *
 * @param entries the ledgers of all processes, in any order.
 * @param rows what is in the table at the end: by key, the value of each column that holds the name.
 */
export function judge(entries: Iterable<LedgerEntry>, rows: ReadonlyMap<number, readonly (string | null)[]>): Verdict {
  const histories = new Map<number, KeyHistory>()
  const reads: LedgerEntry[] = []
  const failures: Record<string, number> = {}
  let requests = 0
  let failedRequests = 0

  for (const entry of entries) {
    const history = histories.get(entry.key) ?? new KeyHistory()
    histories.set(entry.key, history)
    if (entry.operation !== 'seed') requests += 1
    if (entry.outcome !== 'acknowledged') {
      failedRequests += 1
      const cause = entry.code ?? entry.outcome
      failures[cause] = (failures[cause] ?? 0) + 1
    }
    if (entry.operation !== 'find') history.add(entry)
    else if (entry.outcome === 'acknowledged') reads.push(entry)
  }

  let lostWrites = 0
  let resurrected = 0
  for (const [key, history] of histories) {
    const values = rows.get(key)
    if (values !== undefined && history.isDeletedBefore(Number.POSITIVE_INFINITY)) resurrected += 1
    else lostWrites += history.lostAgainst(values)
  }
  const staleReads = reads.filter((read) => histories.get(read.key)?.isStale(read)).length
  return { requests, failedRequests, lostWrites, staleReads, resurrected, failures }
}

/** The writes of one key. */
class KeyHistory {
  readonly #writes: LedgerEntry[] = []
  readonly #deletions: LedgerEntry[] = []

  add(entry: LedgerEntry): void {
    if (entry.operation === 'delete') this.#deletions.push(entry)
    // A rename that found no row wrote nothing; one without an answer may have.
    else if (entry.version !== undefined || entry.outcome !== 'acknowledged') this.#writes.push(entry)
  }

  isDeletedBefore(moment: number): boolean {
    return this.#deletions.some(({ outcome, done }) => outcome === 'acknowledged' && done < moment)
  }

  isStale({ value, sent, done }: LedgerEntry): boolean {
    const newest = this.#newestBefore(sent)
    if (value === undefined) return newest !== undefined && !this.#mayBeDeletedBefore(done)
    return this.isDeletedBefore(sent) || this.#versionOf(value) < (newest ?? 0)
  }

  /** How many acknowledged writes are gone: those that are newer than what any column still holds. */
  lostAgainst(values: readonly (string | null)[] | undefined): number {
    if (values === undefined && this.#mayBeDeletedBefore(Number.POSITIVE_INFINITY)) return 0
    const left = values === undefined ? nothing : Math.max(...values.map((value) => this.#versionOf(value)))
    return this.#writes.filter(({ outcome, version }) => outcome === 'acknowledged' && version! > left).length
  }

  #mayBeDeletedBefore(moment: number): boolean {
    return this.#deletions.some(({ outcome, sent }) => outcome !== 'failed' && sent < moment)
  }

  #newestBefore(moment: number): number | undefined {
    const versions = this.#writes.flatMap(({ outcome, done, version }) =>
      outcome === 'acknowledged' && done < moment ? [version!] : [],
    )
    return versions.length === 0 ? undefined : Math.max(...versions)
  }

  /** The version that a value is of. One whose write got no answer may be the newest of all. */
  #versionOf(value: string | null): number {
    const write = value === null ? undefined : this.#writes.find((candidate) => candidate.value === value)
    if (write === undefined) return nothing
    return write.version ?? Number.POSITIVE_INFINITY
  }
}

/** Below every version: an empty column, or a value that nobody wrote. */
const nothing = -1
