import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Stamp } from './stamp.ts'

/** How a process ended up with a request. */
export type Outcome =
  | { readonly outcome: 'acknowledged' }
  /** The database, or the toolkit, said no: nothing was written. `code` is the SQLSTATE, or the code of the toolkit. */
  | { readonly outcome: 'refused'; readonly code: string }
  /** The connection broke before there was an answer: it was written, or it was not. */
  | { readonly outcome: 'unknown'; readonly code?: string }

/** The intention to write, in the ledger before the statement is sent. A killed process leaves it without an answer. */
export interface Intent {
  readonly entry: 'intent'
  readonly operation: 'seed' | 'insert' | 'update' | 'upsert' | 'delete'
  /** Names the answer that belongs to it; for what writes a value also the write of its stamp. */
  readonly write: number
  readonly key: number
  readonly sent: number
}

/** The answer to one or several intents, which a transaction made together. */
export type Answer = Outcome & {
  readonly entry: 'answer'
  readonly writes: readonly number[]
  /** Of each write, in their order: the version that its row has since; null where there was no row. */
  readonly versions: readonly (number | null)[]
  readonly done: number
}

/** A read, complete. */
export interface Read {
  readonly entry: 'read'
  readonly key: number
  /** Null where there was no row; `unreadable` where the value was none of the lab's, or NULL. */
  readonly found: Stamp | null | 'unreadable'
  readonly sent: number
  readonly done: number
}

/** A read that failed. */
export type FailedRead = Outcome & {
  readonly entry: 'failed-read'
  readonly sent: number
  readonly done: number
}

export type Entry = (Intent | Answer | Read | FailedRead) & { readonly by?: string }

/** The ledger of one process: a file that only grows. What is in it is in the hands of the system, so SIGKILL loses none of it. */
export class Ledger {
  readonly #file: number

  constructor(directory: string, writer: string) {
    this.#file = openSync(join(directory, `${writer}.ledger`), 'a')
  }

  append(...entries: readonly Entry[]): void {
    writeSync(this.#file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** All entries of all processes, each with the name of its writer. A line that a kill cut off is left out. */
export function* readLedgers(directory: string): Generator<Entry> {
  for (const name of readdirSync(directory)) {
    const by = name.replace(/\.ledger$/, '')
    for (const line of readFileSync(join(directory, name), 'utf8').split('\n').slice(0, -1)) {
      yield { ...(JSON.parse(line) as Entry), by }
    }
  }
}
