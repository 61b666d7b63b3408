import { type EndedSession, endSessions } from '../advance/end-sessions.ts'
import { remainingOf, standingDrain } from '../advance/read-drain.ts'
import type { Situation } from '../advance/read-facts.ts'
import type { Target } from '../advance/target.ts'
import { describeOpen } from '../catalog/open-transactions.ts'
import { wrapped } from './layout.ts'
import type { Output } from './output.ts'
import { confirm } from './prompt.ts'

/** Ends the sessions that a drain waits for, each at most once, and asks before it does. Never a prepared transaction. */
export class SessionsToEnd {
  readonly #target: Target
  readonly #yes: boolean
  readonly #output: Output
  readonly #decided = new Set<string>()

  constructor(target: Target, { yes }: { readonly yes: boolean }, output: Output) {
    this.#target = target
    this.#yes = yes
    this.#output = output
  }

  async endThoseOf({ row }: Situation): Promise<void> {
    const drain = row && (await standingDrain(this.#target, row))
    if (row === undefined || drain === undefined) return
    const { transactions } = await remainingOf(this.#target, drain)
    const undecided = transactions.filter(({ virtualxid }) => !this.#decided.has(virtualxid))
    if (undecided.length === 0) return
    for (const { virtualxid } of undecided) this.#decided.add(virtualxid)
    if (!this.#yes && !(await this.#isConfirmed(undecided.map(describeOpen)))) return
    for (const ended of await endSessions(this.#target, row, undecided)) this.#tell(ended)
  }

  #isConfirmed(transactions: readonly string[]): Promise<boolean> {
    this.#output.status('')
    for (const transaction of transactions) this.#output.line(`  ${wrapped(transaction, this.#output.columns, 4)}`)
    const which = transactions.length === 1 ? 'this session' : `these ${transactions.length} sessions`
    return confirm(`End ${which}? What is not committed is rolled back.`, this.#target.signal)
  }

  #tell({ transaction: { pid, application }, outcome }: EndedSession): void {
    const told = {
      ended: ['green', '✓', `Ended the session of pid ${pid} (${application || 'no application name'}).`],
      gone: ['green', '✓', `The transaction of pid ${pid} ended by itself.`],
      'not-permitted': [
        'yellow',
        '!',
        `The session of pid ${pid} may not be ended by this role: grant it pg_signal_backend, or ask whom it belongs to.`,
      ],
    } as const
    const [colour, mark, text] = told[outcome]
    this.#output.line(`  ${this.#output.style(colour, mark)} ${wrapped(text, this.#output.columns, 4)}`)
  }
}
