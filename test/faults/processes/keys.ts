import type { Random } from '../../support/random.ts'

/** So many of the first rows get half of all requests, and are never deleted. */
export const popularKeys = 60

/** More rows than any process inserts. */
const largestShare = 10_000

/** Which rows a process touches. A deleted row is inserted again by nobody, so whatever returns was resurrected. */
export class Keys {
  readonly #random: Random
  readonly #rows: number
  readonly #base: number
  readonly #inserted: number[] = []
  #insertions = 0

  /** @param rows that were there at the beginning, with keys from 1. */
  constructor(random: Random, rows: number, incarnation: number) {
    this.#random = random
    this.#rows = rows
    this.#base = rows + incarnation * largestShare
  }

  popular(among = popularKeys): number {
    return this.#random.between(1, among)
  }

  any(): number {
    if (this.#random.percent(50)) return this.popular()
    if (this.#inserted.length > 0 && this.#random.percent(10)) return this.#random.pick(this.#inserted)
    return this.#random.between(1, this.#rows)
  }

  /** The key of a row that has never been there. */
  fresh(): number {
    this.#insertions += 1
    return this.#base + (this.#insertions % largestShare)
  }

  wasInserted(key: number): void {
    this.#inserted.push(key)
  }

  toDelete(): number {
    const own = this.#random.percent(60) ? this.#inserted.shift() : undefined
    return own ?? this.#random.between(popularKeys + 1, this.#rows)
  }
}
