/** One moment by both clocks of a process. */
export interface Moment {
  readonly monotonicMs: number
  readonly wallMs: number
}

export function momentNow(): Moment {
  return { monotonicMs: performance.now(), wallMs: Date.now() }
}

/**
 * Milliseconds since a moment, by the clock that ran further. The monotonic clock stands still while a machine sleeps, and
 * the wall clock may be set: back, which only makes the other one count, or ahead, which makes a moment look older.
 */
export function msSince({ monotonicMs, wallMs }: Moment): number {
  return Math.max(performance.now() - monotonicMs, Date.now() - wallMs)
}
