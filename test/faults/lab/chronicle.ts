import { clock } from '../../../examples/01-rename-column/demo/ledger.ts'
import { momentInWords } from '../ledger/moment.ts'

/** What happened in a run, in order, by `clock()`, as the ledgers have it. */
export class Chronicle {
  readonly #listen: (line: string) => void
  readonly #told: { readonly line: string; readonly what: string; times: number }[] = []

  /** @param listen hears each line at once. */
  constructor(listen: (line: string) => void = () => undefined) {
    this.#listen = listen
  }

  tell(what: string): void {
    const line = `${momentInWords(clock())}  ${what}`
    this.#listen(line)
    const last = this.#told.at(-1)
    if (last?.what === what) last.times += 1
    else this.#told.push({ line, what, times: 1 })
  }

  /** What was told several times in a row is in one line. */
  get lines(): readonly string[] {
    return this.#told.map(({ line, times }) => (times === 1 ? line : `${line} (${times} times)`))
  }
}
