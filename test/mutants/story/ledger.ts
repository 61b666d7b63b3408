/**
 * What the writers of a table were promised: the value of each key whose write, or deletion, was acknowledged last.
 *
 * Values carry their key and a number that grows, so that a report says how old a stale one is.
 */
export class Ledger {
  readonly #values = new Map<number, string>()
  #versions = 0
  #largest = 0

  /** A value that no row has had yet. */
  newValue(id: number): string {
    this.#versions += 1
    return `${id}.${this.#versions}`
  }

  /** A key that no row has had yet. */
  newId(): number {
    return this.#largest + 1
  }

  /** As `newId`, for somebody who will not have written it before others ask for one. */
  reserveId(): number {
    this.#largest += 1
    return this.#largest
  }

  acknowledge(id: number, value: string): void {
    this.#values.set(id, value)
    this.#largest = Math.max(this.#largest, id)
  }

  acknowledgeDelete(id: number): void {
    this.#values.delete(id)
  }

  /** Undefined where there is to be no such row. */
  valueOf(id: number): string | undefined {
    return this.#values.get(id)
  }

  get ids(): readonly number[] {
    return [...this.#values.keys()]
  }
}
