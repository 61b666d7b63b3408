/** What happened in a run, in order, with the seconds since its beginning. */
export class Chronicle {
  readonly #begun = performance.now()
  readonly #listen: (line: string) => void
  readonly lines: string[] = []

  /** @param listen hears each line at once. */
  constructor(listen: (line: string) => void = () => undefined) {
    this.#listen = listen
  }

  tell(what: string): void {
    const line = `${((performance.now() - this.#begun) / 1_000).toFixed(1).padStart(6)} s  ${what}`
    this.lines.push(line)
    this.#listen(line)
  }
}
