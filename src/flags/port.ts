/**
 * What a unit of work tells the flag service about whom it works for: given to `toolkit.run` and `toolkit.transaction`,
 * handed on to the flag service, never stored and never logged.
 */
export type FlagContext = Readonly<Record<string, string | number | boolean | undefined>>

/** One question to the flag service: shall this unit of work read the new side of this change? */
export interface FlagRequest {
  /** Name of the read flag; the id of the change unless its declaration names another. */
  readonly flag: string
  readonly changeId: string
  /** What the answer has to stick to (the user's id, unless the declaration says otherwise); never empty. */
  readonly key: string
  readonly context: FlagContext
  /** The percentage on the change's row (0 to 100), as this process last saw it. Flag services of their own ignore it. */
  readonly readPercent: number
}

/**
 * A source of read flags. Flags wish, the database permits: whatever a port answers is clamped to what the phase of
 * the change allows, so a wrong answer changes who reads which of two equal columns, and nothing else.
 *
 * @example
 * ```ts
 * const beta: FlagPort = { name: 'beta testers', wish: ({ context }) => context.plan === 'beta' }
 * ```
 */
export interface FlagPort {
  /** Names the port in `status` and in log lines. */
  readonly name: string
  /**
   * Called once by `toolkit.start()`. Must resolve soon, also where the service is down: a process has to be able to
   * start without its flags. `report` wants to hear of every change of state, and of nothing else.
   */
  start?(report: FlagReport): Promise<void>
  /** Called once by `toolkit.stop()`. */
  stop?(): Promise<void>
  /**
   * True to read new, false to read old, undefined where the service has no value to give.
   *
   * Called once per unit of work and change, on the way of a request: it has to answer from memory, synchronously and
   * within about 2 µs. What it throws counts as no value.
   */
  wish(request: FlagRequest): boolean | undefined
  /** How the service is doing; for ports that depend on one. */
  status?(): FlagStatus
}

/**
 * `starting`: no answer of the service yet · `ready`: the last poll was answered · `failing`: the last poll was not, the
 * next one comes · `stopped`: no poll comes any more, the values stay as they are for the life of the process.
 */
export type FlagState = 'starting' | 'ready' | 'failing' | 'stopped'

/** How a flag service is doing, as its port last saw it. */
export interface FlagStatus {
  readonly state: FlagState
  /** Since when it is in this state. */
  readonly since: Date
  /** When the service last confirmed its values; they are no older than this. Undefined where it never did. */
  readonly lastSuccessAt: Date | undefined
  /** Why it is failing or stopped, in our words: no address, no token, nothing that the service sent. */
  readonly reason: string | undefined
}

/** Takes the new status of a flag service; a port calls it at each change of state. */
export type FlagReport = (status: FlagStatus) => void
