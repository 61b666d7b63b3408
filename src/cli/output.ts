import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Version of the JSON that commands print; grows when a field changes its meaning or goes. */
const jsonVersion = 1

/** Where a command writes: lines for people, or one JSON document at the end with `--json`. */
export interface Output {
  readonly json: boolean
  /** True where lines can be redrawn and questions asked. */
  readonly interactive: boolean
  /** Of the terminal; infinite where the output goes elsewhere, as nothing limits a line there. */
  readonly columns: number
  /** One line, or several, for people; nothing with `--json`. */
  line(text?: string): void
  /** For people, while the command works: on stderr, so that piping stdout stays clean. */
  note(text: string): void
  /** Redraws one line in place; only where `interactive`. An empty text clears it. */
  status(text: string): void
  /** The result of the command, printed with `--json` only. */
  result(value: Readonly<Record<string, unknown>>): void
  /** Coloured where the stream that it is written to shows colours. Default: stdout. */
  style(style: Style, text: string, stream?: NodeJS.WriteStream): string
}

/** Output on this process's streams. Colours follow the terminal, NO_COLOR and FORCE_COLOR, as Node decides. */
export function processOutput(command: string, json: boolean): Output {
  const interactive = !json && Boolean(process.stdout.isTTY) && Boolean(process.stdin.isTTY)
  let statusShown = false
  const clearStatus = () => {
    if (statusShown) process.stdout.write('\r\x1b[2K')
    statusShown = false
  }
  return {
    json,
    interactive,
    columns: process.stdout.columns ?? Number.POSITIVE_INFINITY,
    line(text = '') {
      if (json) return
      clearStatus()
      process.stdout.write(`${text}\n`)
    },
    note(text) {
      clearStatus()
      process.stderr.write(`${text}\n`)
    },
    status(text) {
      if (!interactive) return
      clearStatus()
      statusShown = text !== ''
      process.stdout.write(text)
    },
    result(value) {
      if (json) process.stdout.write(`${JSON.stringify({ version: jsonVersion, command, ...value })}\n`)
    },
    style: (style, text, stream = process.stdout) => styleText(style, text, { stream }),
  }
}
