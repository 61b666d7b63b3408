import { wrapped } from './layout.ts'
import type { Output } from './output.ts'

/** Where no line can be redrawn: how often it is said that the wait goes on. */
const stillWaitingEveryMs = 30_000

/**
 * Tells a wait: who has come to be waited for, who is gone and after how long, and how long it has lasted by now; the last
 * in a line that is redrawn on a terminal, and said now and then elsewhere.
 */
export class WaitProgress {
  readonly #output: Output
  readonly #startedMs: number
  #toldMs: number
  /** Who is waited for, and since when. */
  #awaited: ReadonlyMap<string, number>

  /** @param shown what is known already to whoever waits. */
  constructor(output: Output, shown: readonly string[], nowMs = performance.now()) {
    this.#output = output
    this.#startedMs = nowMs
    this.#toldMs = nowMs
    this.#awaited = new Map(shown.map((reason) => [subjectOf(reason), nowMs]))
  }

  tell(reasons: readonly string[], nowMs = performance.now()): void {
    const now = new Map(reasons.map((reason) => [subjectOf(reason), reason]))
    for (const [subject, sinceMs] of this.#awaited) {
      if (!now.has(subject)) this.#line('green', '✓', `No longer, after ${seconds(nowMs - sinceMs)}: ${subject}`, nowMs)
    }
    for (const [subject, reason] of now) if (!this.#awaited.has(subject)) this.#line('yellow', '!', reason, nowMs)
    this.#awaited = new Map([...now.keys()].map((subject) => [subject, this.#awaited.get(subject) ?? nowMs]))
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

/** Whom a reason is about: a process or a transaction ends with its pid or role in brackets. What only counts is no news. */
function subjectOf(reason: string): string {
  return (/^[^:]*?\)/.exec(reason)?.[0] ?? reason).replaceAll(/,? \d+(\.\d+)? s( old| ago)?\b/g, '')
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`
}

function seconds(ms: number): string {
  const whole = Math.floor(ms / 1000)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
