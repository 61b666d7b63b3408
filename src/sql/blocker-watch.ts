import { type Blocker, describeBlocker } from './blockers.ts'

/** How one attempt asks for the locks. */
export interface LockRequest {
  /** How long to queue, in milliseconds; 0 is NOWAIT. */
  readonly queueMs: number
  /** Make PostgreSQL cancel an autovacuum worker that is in the way. */
  readonly cancelAutovacuum: boolean
}

const probe: LockRequest = { queueMs: 0, cancelAutovacuum: false }

/**
 * Tells one long blocker, behind which nobody may be made to queue, from many short ones that never leave a gap. The age
 * of a foreign transaction may be hidden from our role, so it is also counted from when it was first seen.
 */
export class BlockerWatch {
  readonly #queueMs: readonly [shortest: number, longest: number]
  readonly #firstSeen = new Map<string, number>()
  #watchedSince: number | undefined
  #now = 0
  #blockers: readonly Blocker[] = []

  constructor(queueMs: readonly [shortest: number, longest: number]) {
    this.#queueMs = queueMs
  }

  /** Takes in who is in the way at the moment `now`, in milliseconds of any clock that only goes forward. */
  observe(blockers: readonly Blocker[], now: number): void {
    this.#watchedSince ??= now
    this.#now = now
    this.#blockers = blockers
    const present = new Set(blockers.map(({ transaction }) => transaction))
    for (const transaction of this.#firstSeen.keys()) if (!present.has(transaction)) this.#firstSeen.delete(transaction)
    for (const transaction of present) {
      if (!this.#firstSeen.has(transaction)) this.#firstSeen.set(transaction, now)
    }
  }

  get descriptions(): readonly string[] {
    return this.#blockers.map((blocker) => describeBlocker({ ...blocker, ageMs: this.#ageMs(blocker) }))
  }

  get autovacuumIsInTheWay(): boolean {
    return this.#blockers.some(({ isAutovacuum }) => isAutovacuum)
  }

  /** How to ask next. @param mayCancelAutovacuum the role may set `deadlock_timeout`. */
  nextRequest(mayCancelAutovacuum: boolean): LockRequest {
    const [shortest, longest] = this.#queueMs
    const cancelAutovacuum = mayCancelAutovacuum && this.autovacuumIsInTheWay
    const others = cancelAutovacuum ? this.#blockers.filter(({ isAutovacuum }) => !isAutovacuum) : this.#blockers
    if (others.some((blocker) => this.#ageMs(blocker) >= longest)) return probe
    if (cancelAutovacuum) return { queueMs: longest, cancelAutovacuum }
    const watchedLongEnough = this.#watchedSince !== undefined && this.#now - this.#watchedSince >= longest
    if (!watchedLongEnough) return probe
    // Drawn at random, so that two who seek the same lock do not meet again and again.
    return { queueMs: shortest + Math.random() * (longest - shortest), cancelAutovacuum }
  }

  #ageMs({ transaction, ageMs }: Blocker): number {
    return Math.max(ageMs ?? 0, this.#now - (this.#firstSeen.get(transaction) ?? this.#now))
  }
}
