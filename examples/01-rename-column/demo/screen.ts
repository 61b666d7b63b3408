import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/**
 * Where the story is told. On a terminal the last line is alive and shows the traffic; elsewhere there are plain lines
 * only. Colours follow the terminal, NO_COLOR and FORCE_COLOR.
 */
export class Screen {
  readonly #stream: NodeJS.WriteStream
  readonly #started = performance.now()
  #live: (() => string) | undefined
  #timer: NodeJS.Timeout | undefined
  #isShown = false

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Text is wrapped at the terminal's edge, and at 100 columns on a wide one. */
  get columns(): number {
    return Math.min(this.#stream.columns ?? 100, 100)
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1_000
  }

  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stream })
  }

  /** One line, or several where it is too long; the following ones are indented like the first one's text. */
  line(text = '', { indent = 0, mark = '', style }: { indent?: number; mark?: string; style?: Style } = {}): void {
    this.#clear()
    const margin = ' '.repeat(indent)
    const lines = wrap(text, this.columns - indent - visibleLength(mark))
    lines.forEach((part, index) => {
      const shown = style === undefined ? part : this.style(style, part)
      this.#stream.write(`${margin}${index === 0 ? mark : ' '.repeat(visibleLength(mark))}${shown}\n`)
    })
    this.#draw()
  }

  /** Keeps a line at the bottom of a terminal up to date, until `end`. */
  keepAlive(live: () => string): void {
    if (!this.#stream.isTTY) return
    this.#live = live
    this.#timer = setInterval(() => {
      this.#clear()
      this.#draw()
    }, 200).unref()
  }

  end(): void {
    clearInterval(this.#timer)
    this.#clear()
    this.#live = undefined
  }

  #clear(): void {
    if (this.#isShown) this.#stream.write('\r\x1b[2K')
    this.#isShown = false
  }

  #draw(): void {
    if (this.#live === undefined) return
    const text = this.#live()
    // A line that fills the terminal would wrap, and could not be taken back.
    this.#stream.write(this.style('dim', text.slice(0, (this.#stream.columns ?? 80) - 1)))
    this.#isShown = true
  }
}

/** Text that holds no colours, in lines of at most so many columns; words are never split. */
function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.split(' ')) {
      if (line !== '' && visibleLength(line) + 1 + visibleLength(word) > columns) {
        lines.push(line)
        line = word
      } else {
        line = line === '' ? word : `${line} ${word}`
      }
    }
    lines.push(line)
  }
  return lines
}

function visibleLength(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  return text.replace(/\x1b\[[0-9;]*m/g, '').length
}
