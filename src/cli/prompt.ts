import { createInterface } from 'node:readline/promises'

/**
 * Asks yes or no in one line, no being the default; the end of the input is a no.
 *
 * @throws AbortError on Ctrl-C, which aborts the signal as it does while a command works.
 */
export async function confirm(question: string, signal: AbortSignal | undefined): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  // The terminal is in raw mode meanwhile, where Ctrl-C is a key and no signal.
  terminal.on('SIGINT', () => process.emit('SIGINT'))
  const ended = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)))
  try {
    const answer = await Promise.race([
      terminal.question(`${question} (y/N) `, signal === undefined ? {} : { signal }),
      ended,
    ])
    if (answer === undefined) process.stdout.write('\n')
    return /^y(es)?$/i.test(answer?.trim() ?? '')
  } finally {
    terminal.close()
  }
}
