import type { State } from './state.ts'

/**
 * Turns states into short strings and back. Each part of a state (a process, the row …) is kept once and has a number;
 * a state's key is one character per part. Processes, and workers, are alike among themselves, so their numbers are
 * sorted: states that differ only in who is who count once.
 */
export class Codec {
  readonly #parts: object[] = []
  readonly #numbers = new Map<string, number>()
  readonly #fields = new Map<string, string>()

  readonly #known = new WeakMap<object, number>()

  key(state: State): string {
    return (
      String.fromCharCode(this.#numberOf('control', state.control), this.#numberOf('row', state.row)) +
      characters(this.#numbersOf('process', state.processes).sort(ascending)) +
      characters(this.#numbersOf('writer', state.writers)) +
      characters(this.#numbersOf('worker', state.workers).sort(ascending)) +
      characters(this.#numbersOf('operator', state.operators))
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

  #numbersOf(kind: Kind, parts: readonly object[]): number[] {
    return parts.map((part) => this.#numberOf(kind, part))
  }

  /** Equal parts of a kind have one number. */
  #numberOf(kind: Kind, part: object): number {
    const known = this.#known.get(part)
    if (known !== undefined) return known
    const text = `${kind}:${textOf(part)}`
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#parts.length
      if (number > 0xffff) throw new Error('more parts than a character can number')
      this.#requireSameFields(kind, part)
      this.#parts.push(part)
      this.#numbers.set(text, number)
    }
    this.#known.set(part, number)
    return number
  }

  /** The text of a part goes by the order of its fields: in another one, equal parts would count twice. */
  #requireSameFields(kind: string, part: object): void {
    const fields = Object.keys(part).join()
    const known = this.#fields.get(kind) ?? fields
    if (fields !== known) throw new Error(`a ${kind} has the fields ${fields}, and another has ${known}`)
    this.#fields.set(kind, known)
    for (const [name, value] of Object.entries(part)) {
      if (typeof value === 'object' && value !== null) this.#requireSameFields(`${kind}.${name}`, value)
    }
  }
}

type Kind = 'control' | 'row' | 'process' | 'writer' | 'worker' | 'operator'

const ascending = (one: number, other: number): number => one - other

function characters(numbers: readonly number[]): string {
  return String.fromCharCode(...numbers)
}

/** The values of a part, without the names of its fields: they tell one part from another of its kind. */
function textOf(part: object): string {
  let text = ''
  for (const value of Object.values(part)) {
    text += typeof value === 'object' && value !== null ? `(${textOf(value)})` : `${value},`
  }
  return text
}
