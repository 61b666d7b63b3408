import type { State } from './state.ts'

/**
 * Turns states into short strings and back. Each part of a state (a process, the row …) is kept once and has a number;
 * a state's key is one character per part. Processes, and workers, are alike among themselves, so their numbers are
 * sorted: states that differ only in who is who count once.
 */
export class Codec {
  readonly #parts: object[] = []
  readonly #numbers = new Map<string, number>()
  readonly #known = new WeakMap<object, number>()

  key(state: State): string {
    return (
      this.#character(state.control) +
      this.#character(state.row) +
      this.#alike(state.processes) +
      this.#each(state.writers) +
      this.#alike(state.workers) +
      this.#each(state.operators)
    )
  }

  /** @param like a state with as many actors. */
  state(key: string, like: State): State {
    let at = 0
    const next = <Part>(): Part => this.#parts[key.charCodeAt(at++)] as Part
    return {
      control: next(),
      row: next(),
      processes: like.processes.map(() => next()),
      writers: like.writers.map(() => next()),
      workers: like.workers.map(() => next()),
      operators: like.operators.map(() => next()),
    }
  }

  /** The number of a part; equal parts have one. */
  numberOf(part: object): number {
    const known = this.#known.get(part)
    if (known !== undefined) return known
    const text = JSON.stringify(part)
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#parts.length
      if (number > 0xffff) throw new Error('more parts than a character can number')
      this.#parts.push(part)
      this.#numbers.set(text, number)
    }
    this.#known.set(part, number)
    return number
  }

  #character(part: object): string {
    return String.fromCharCode(this.numberOf(part))
  }

  #each(parts: readonly object[]): string {
    let text = ''
    for (const part of parts) text += this.#character(part)
    return text
  }

  #alike(parts: readonly object[]): string {
    if (parts.length < 2) return this.#each(parts)
    return parts
      .map((part) => this.numberOf(part))
      .sort((one, other) => one - other)
      .map((number) => String.fromCharCode(number))
      .join('')
  }
}
