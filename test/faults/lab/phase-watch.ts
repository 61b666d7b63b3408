import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { clock } from '../../../examples/01-rename-column/demo/ledger.ts'
import { isBefore, type Phase, phases } from '../../../src/phase/phase.ts'
import type { Explanation, Explanations } from '../ledger/explanations.ts'

/** Where the change is, as its row says. */
export interface ControlState {
  readonly phase: Phase
  readonly epoch: number
  readonly triggerMode: string | null
  readonly readPercent: number
  readonly isRetired: boolean
  readonly isDropped: boolean
}

const everyMs = 25
/**
 * How long a process may go on by a phase that has been left: a request that was under way, a frozen process that wakes,
 * a session that waits for a lock.
 */
const lagMs = 15_000

/** Refusals that a state of the change brings about by itself, for as long as it lasts. */
const reasons: readonly {
  readonly codes: readonly string[]
  readonly because: string
  readonly holds: (state: ControlState, before: ControlState | undefined) => boolean
  /** How long after the state has been left, in milliseconds. */
  readonly lagMs: number
}[] = [
  {
    codes: ['55000'],
    because: 'a write to old alone after the refusal had been armed: the fence',
    holds: ({ triggerMode }) => triggerMode === 'new' || triggerMode === 'fence',
    lagMs: 2_000,
  },
  {
    codes: ['55000'],
    because: 'a process that still wrote new alone after the change had gone back from new-only',
    holds: ({ phase }) => !isBefore(phase, 'new-only'),
    lagMs,
  },
  {
    codes: ['42703'],
    because: 'a statement that names the old column after it had been retired',
    holds: ({ isRetired }) => isRetired,
    lagMs: 2_000,
  },
  {
    codes: ['EC_PHASE_MOVED'],
    because: 'a unit of work that had decided before the phase moved, where no trigger would mend what it leaves out',
    holds: ({ phase, triggerMode }, before) => triggerMode === null && before !== undefined && before.phase !== phase,
    lagMs: 2_500,
  },
]

/** Looks at the change's row all the time, and tells which refusals its state explains. */
export class PhaseWatch {
  readonly #admin: Pool
  readonly #explanations: Explanations
  readonly #open = new Map<(typeof reasons)[number], Explanation>()
  #isEnding = false
  #ended: Promise<void> = Promise.resolve()
  #state: ControlState | undefined
  /** Phases in the order in which they were seen. */
  readonly seen: Phase[] = []

  constructor(admin: Pool, explanations: Explanations) {
    this.#admin = admin
    this.#explanations = explanations
  }

  start(): void {
    this.#ended = this.#watch()
  }

  async stop(): Promise<void> {
    this.#isEnding = true
    await this.#ended
  }

  /** As last seen; before the expand step the change is planned. */
  get phase(): Phase {
    return this.#state?.phase ?? 'planned'
  }

  get state(): ControlState | undefined {
    return this.#state
  }

  get truth(): 'old' | 'new' {
    return phases[this.phase].truth
  }

  /** Looks now. */
  async look(): Promise<ControlState | undefined> {
    const asked = clock()
    const before = this.#state
    this.#state = await this.#read()
    if (this.#state === undefined) return undefined
    if (this.seen.at(-1) !== this.#state.phase) this.seen.push(this.#state.phase)
    for (const reason of reasons) this.#explain(reason, reason.holds(this.#state, before), asked)
    return this.#state
  }

  async #watch(): Promise<void> {
    while (!this.#isEnding) {
      // The server may be away for a while.
      await this.look().catch(() => undefined)
      await sleep(everyMs)
    }
  }

  /** From just before it was seen, as it may have begun a moment earlier. */
  #explain(reason: (typeof reasons)[number], holds: boolean, asked: number): void {
    const open = this.#open.get(reason)
    if (holds) {
      const { codes, because } = reason
      if (open === undefined)
        this.#open.set(reason, this.#explanations.add({ codes, because, from: asked - 2_000_000 }))
    } else if (open !== undefined) {
      open.until = clock() + reason.lagMs * 1_000
      this.#open.delete(reason)
    }
  }

  async #read(): Promise<ControlState | undefined> {
    const { rows: tables } = await this.#admin.query<{ exists: boolean }>(
      `SELECT to_regclass('expand_contract.changes') IS NOT NULL AS exists`,
    )
    if (tables[0]?.exists !== true) return undefined
    const { rows } = await this.#admin.query<ControlState>(
      `SELECT phase, epoch::int AS epoch, trigger_mode AS "triggerMode",
              read_percent AS "readPercent", retired_at IS NOT NULL AS "isRetired",
              dropped_at IS NOT NULL AS "isDropped"
         FROM expand_contract.changes`,
    )
    return rows[0]
  }
}
