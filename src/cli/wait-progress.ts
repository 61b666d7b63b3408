import { wrapped } from './layout.ts'
import type { Output } from './output.ts'

/** Where no line can be redrawn: how often it is said that the wait goes on. */
const stillWaitingEveryMs = 30_000

interface Awaited {
  readonly reason: string
  readonly sinceMs: number
}

/**
 * Tells a wait: who has come to be waited for, who is gone and after how long, and how long it has lasted by now; the last
 * in a line that is redrawn on a terminal, and said now and then elsewhere.
 */
export class WaitProgress {
  readonly #output: Output
  readonly #startedMs: number
  #toldMs: number
  #awaited: ReadonlyMap<string, Awaited>

  /** @param shown what is known already to whoever waits. */
  constructor(output: Output, shown: readonly string[], nowMs = performance.now()) {
    this.#output = output
    this.#startedMs = nowMs
    this.#toldMs = nowMs
    this.#awaited = new Map(shown.map((reason) => [identityOf(reason), { reason, sinceMs: nowMs }]))
  }

  tell(reasons: readonly string[], nowMs = performance.now()): void {
    const now = new Map(
      reasons.map((reason) => {
        const key = identityOf(reason)
        return [key, { reason, sinceMs: this.#awaited.get(key)?.sinceMs ?? nowMs }]
      }),
    )
    for (const [key, { reason, sinceMs }] of this.#awaited) {
      if (!now.has(key)) this.#line('green', '✓', `No longer, after ${seconds(nowMs - sinceMs)}: ${reason}`, nowMs)
    }
    for (const [key, { reason }] of now) if (!this.#awaited.has(key)) this.#line('yellow', '!', reason, nowMs)
    this.#awaited = now
    this.#tellHowLong(reasons, nowMs)
  }

  #tellHowLong(reasons: readonly string[], nowMs: number): void {
    const text = `waiting for ${reasons.length}, ${seconds(nowMs - this.#startedMs)}`
    if (reasons.length === 0) {
      this.#output.status('')
    } else if (this.#output.interactive) {
      this.#output.status(cut(`  ${text}: ${reasons.join('; ')}`, this.#output.columns - 1))
    } else if (nowMs - this.#toldMs >= stillWaitingEveryMs) {
      this.#line('yellow', '·', text, nowMs)
    }
  }

  #line(colour: 'green' | 'yellow', mark: string, text: string, nowMs: number): void {
    this.#toldMs = nowMs
    this.#output.line(`  ${this.#output.style(colour, mark)} ${wrapped(text, this.#output.columns, 4)}`)
  }
}

/** What only counts the seconds is no news. */
function identityOf(reason: string): string {
  return reason.replaceAll(/\d+(\.\d+)? s\b/g, '')
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`
}

function seconds(ms: number): string {
  const whole = Math.floor(ms / 1000)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
