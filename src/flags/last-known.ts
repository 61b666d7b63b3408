/**
 * The last answer for each name, for as many names as fit: at least the `capacity` most recent ones, at most twice that.
 *
 * Two generations instead of a list ordered by use: remembering costs one write to a map, and forgetting nothing at all.
 */
export class LastKnown {
  readonly #capacity: number
  #recent = new Map<string, boolean>()
  #older: ReadonlyMap<string, boolean> = new Map()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  remember(name: string, answer: boolean): void {
    this.#recent.set(name, answer)
    if (this.#recent.size >= this.#capacity) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
  }

  recall(name: string): boolean | undefined {
    return this.#recent.get(name) ?? this.#older.get(name)
  }
}
