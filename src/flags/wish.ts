import { LastKnown } from './last-known.ts'
import type { FlagPort, FlagRequest } from './port.ts'

/** A question as the toolkit has it: the unit of work may lack a key. */
export type WishRequest = Omit<FlagRequest, 'key'> & { readonly key: string | undefined }

/** Keys remembered per process, all flags together: about 1 MB. */
const rememberedAnswers = 10_000

/**
 * What the flags of a toolkit wish, with the rules that hold for every port:
 *
 * 1. A unit of work without a key (a job, a cron) has no wish; the port is not asked.
 * 2. What a port throws, and what is neither a boolean nor undefined, counts as no value. Reported once per flag.
 * 3. No value: the last answer that this flag gave for this key. None: no wish.
 *
 * Without a wish the phase decides: old up to and including read-switch, new from read-new on (`modeIn`).
 *
 * The last answer is kept per key because it differs per key: one per flag would move users who read old to new by the
 * answer of another. The memory is bounded, and a key that fell out of it has no wish; as both sides are equal in
 * read-switch this costs a user stability, never data. A port that keeps the definitions of its flags (Unleash does)
 * goes on answering for every key while its service is away, so the memory is for flags that vanish and ports that fail.
 */
export class Wishes {
  readonly #port: FlagPort
  readonly #report: (problem: string) => void
  readonly #reported = new Set<string>()
  readonly #lastKnown = new LastKnown(rememberedAnswers)

  /** @param report gets one line for the log when a port misbehaves for a flag; holds nothing of the context. */
  constructor(port: FlagPort, report: (problem: string) => void) {
    this.#port = port
    this.#report = report
  }

  /** True to read new, false to read old, undefined for no wish. Never throws. */
  of(request: WishRequest): boolean | undefined {
    if (!hasKey(request)) return undefined
    const name = `${request.flag}\0${request.key}`
    const answer = this.#ask(request)
    if (answer === undefined) return this.#lastKnown.recall(name)
    this.#lastKnown.remember(name, answer)
    return answer
  }

  #ask(request: FlagRequest): boolean | undefined {
    try {
      const answer: unknown = this.#port.wish(request)
      if (answer === undefined || typeof answer === 'boolean') return answer
      this.#reportOnce(request.flag, `answered with ${typeof answer === 'object' ? 'an object' : `a ${typeof answer}`}`)
    } catch (error) {
      // The name only: the message of an adapter may hold what the context held.
      this.#reportOnce(request.flag, `threw ${error instanceof Error ? error.name : typeof error}`)
    }
    return undefined
  }

  #reportOnce(flag: string, what: string): void {
    if (this.#reported.has(flag)) return
    this.#reported.add(flag)
    this.#report(
      `Flags "${this.#port.name}" ${what} for "${flag}"; it has to answer true, false or undefined. The last known value is used.`,
    )
  }
}

function hasKey(request: WishRequest): request is FlagRequest {
  return request.key !== undefined
}
