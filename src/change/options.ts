import { failure } from '../errors/index.ts'

/** Options that every kind of change takes. */
export interface ChangeOptions {
  /**
   * Name of the change: 1 to 40 characters of a–z, 0–9 and "-", starting with a letter. It is written into the
   * database and into the migration files, so it cannot change while the change is under way.
   */
  readonly id: string
  /** Name of the read flag in the flag service. Default: the id. */
  readonly flag?: string
  /** Which entry of the context given to `run` makes a read decision stick to one user. Default: `'userId'`. */
  readonly stickiness?: string
  /**
   * How long nobody may have used the old side before it is refused, retired and dropped: a number of milliseconds or
   * text such as `'7 days'`, `'12 hours'`, `'30 minutes'`, `'0'`. Default: `'7 days'`. A shorter soak finds fewer of
   * the writers that come by once a week.
   */
  readonly soak?: number | string
  /**
   * `trigger`: a trigger in the database copies what anybody writes to one side alone, old releases and hand-written SQL
   * included. `none`: nothing but the repositories keeps both sides together. For a table that may have no trigger: every
   * write then asks the database for the phase, somebody has to attest that nothing else writes the table, and each step
   * waits for transactions that began before it. Default: `'trigger'`.
   */
  readonly sync?: 'trigger' | 'none'
  /**
   * Whether the old side is kept in sync after repositories have stopped writing it, so that every step before the drop
   * can be undone at once. `false` saves that write on a hot table; going back from new-only then fills old from new
   * first. Default: `true`, and `false` without a sync trigger.
   */
  readonly copyBack?: boolean
}

const units: Readonly<Record<string, number>> = {
  ms: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}

/** Milliseconds of `'7 days'`, `'90 seconds'`, `0` … @throws EC_OPTION_INVALID for anything else. */
export function duration(option: string, value: number | string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|seconds?|minutes?|hours?|days?|weeks?)?\s*$/.exec(String(value))
  const unit =
    match?.[2] === undefined ? (match?.[1] === '0' ? 1 : undefined) : units[match[2].replace(/(?<=.{3})s$/, '')]
  if (match === null || unit === undefined) {
    throw failure('EC_OPTION_INVALID', {
      option,
      problem: `${JSON.stringify(value)} is no duration. Write a number with a unit, such as '7 days', '12 hours' or '90 seconds'.`,
    })
  }
  return Number(match[1]) * unit
}

/** @throws EC_OPTION_INVALID for a combination that cannot be had. */
export function syncOptions({ id, sync = 'trigger', copyBack }: Pick<ChangeOptions, 'id' | 'sync' | 'copyBack'>): {
  readonly sync: 'trigger' | 'none'
  readonly copyBack: boolean
} {
  if (sync !== 'trigger' && sync !== 'none') {
    throw failure('EC_OPTION_INVALID', {
      option: `sync of change "${id}"`,
      problem: `${JSON.stringify(sync)} is neither 'trigger' nor 'none'.`,
    })
  }
  if (sync === 'none' && copyBack === true) {
    throw failure('EC_OPTION_INVALID', {
      option: `copyBack of change "${id}"`,
      problem:
        "the sync trigger copies back, and sync is 'none'. Leave copyBack out, or let the change have its trigger.",
    })
  }
  return { sync, copyBack: sync === 'none' ? false : (copyBack ?? true) }
}

const idPattern = /^[a-z][a-z0-9-]{0,39}$/

export function checkedId(id: unknown): string {
  if (typeof id !== 'string' || !idPattern.test(id)) throw failure('EC_CHANGE_ID', { id })
  return id
}
