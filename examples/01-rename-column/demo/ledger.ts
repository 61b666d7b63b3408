import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** `seed`: a row that was there before the traffic began. */
export type Operation = 'seed' | 'find' | 'insert' | 'rename' | 'upsert' | 'delete'

/**
 * One request of one process, as the process saw it.
 *
 * The version is the row's revision, which the database counts up in the statement that writes the name: versions of a
 * key increase in the order of its writes, whoever made them.
 */
export interface LedgerEntry {
  readonly operation: Operation
  readonly key: number
  /** What was written or found; null for an empty column, absent where no row was there. */
  readonly value?: string | null
  /** Of an acknowledged write; absent where no row was there. */
  readonly version?: number
  /** `unknown`: the connection broke before there was an answer. */
  readonly outcome: 'acknowledged' | 'failed' | 'unknown'
  /** SQLSTATE of a failed request. */
  readonly code?: string
  /** When the request was sent and when its answer was there, by `clock()`. */
  readonly sent: number
  readonly done: number
}

/** Microseconds on the machine's monotonic clock, the same for all processes. */
export function clock(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}

/** The ledger of one process: a file that only grows. Each entry is in it before the process goes on. */
export class Ledger {
  readonly #file: number

  constructor(directory: string, writer: string) {
    this.#file = openSync(join(directory, `${writer}.ledger`), 'a')
  }

  append(entries: readonly LedgerEntry[]): void {
    writeSync(this.#file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** All entries of all processes. */
export function* readLedgers(directory: string): Generator<LedgerEntry> {
  for (const name of readdirSync(directory)) {
    for (const line of readFileSync(join(directory, name), 'utf8').split('\n')) {
      if (line !== '') yield JSON.parse(line) as LedgerEntry
    }
  }
}
