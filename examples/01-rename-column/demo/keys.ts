/**
 * Which users a process touches.
 *
 * Anybody reads and renames any of the users that were there at the beginning, a few of them very often. A deleted user
 * must never return, so users are deleted by one process only: each has its own share of the first ones, beyond those
 * that are upserted, and of the users that it inserted itself.
 */
export class KeySpace {
  readonly #rows: number
  readonly #writer: number
  readonly #writers: number
  readonly #inserted: number[] = []
  #insertions = 0
  #deletions = 0

  /** @param rows users at the beginning, with keys from 1. @param writer the process's number, from 0 to `writers` - 1. */
  constructor(rows: number, writer: number, writers: number) {
    this.#rows = rows
    this.#writer = writer
    this.#writers = writers
  }

  /** Half of the requests go to these, so that processes meet on a row. They are never deleted. */
  popular(): number {
    return 1 + Math.floor(Math.random() * Math.min(popularKeys, this.#rows))
  }

  any(): number {
    return Math.random() < 0.5 ? this.popular() : 1 + Math.floor(Math.random() * this.#rows)
  }

  /** The key of a user that has never been there. */
  fresh(): number {
    this.#insertions += 1
    return this.#rows + this.#insertions * this.#writers + this.#writer
  }

  /** Remembers that this process inserted a user, which it may delete. */
  wasInserted(key: number): void {
    this.#inserted.push(key)
  }

  /** By turns a user of its own and one of the first, spread over the table; each is returned once. */
  toDelete(): number | undefined {
    this.#deletions += 1
    if (this.#deletions % 2 === 0) return this.#inserted.shift()
    const key = popularKeys + 1 + this.#writer + this.#writers * stride * ((this.#deletions + 1) / 2)
    return key <= this.#rows ? key : undefined
  }
}

const popularKeys = 1_000
const stride = 97
