import type { Condition } from '../conditions/condition.ts'
import type { Post } from '../lab/fleet.ts'
import type { Site } from '../lab/site.ts'
import type { Variant } from '../subjects/row-store.ts'

/** A run of the lab: who works, under which circumstances, and what goes wrong meanwhile. */
export interface Scenario {
  /** By which `--only` chooses it. */
  readonly name: string
  readonly why: string
  /** Default: as the kind of change says. */
  readonly variant?: Partial<Variant>
  readonly crew: readonly Post[]
  /** Rows in the table at the beginning. Default: 2000. */
  readonly seeds?: number
  /** Milliseconds that a process counts as live after it has renewed. Default: 2000. */
  readonly leaseMs?: number
  /** A server of its own, with a synchronous standby that may take over. */
  readonly hasStandby?: true
  /** Circumstances of the whole run, in the order in which they begin. */
  readonly conditions?: readonly Condition[]
  /** Runs while the crew works; the change is declared, and nothing of it is in the database. At the end the table is held against the ledgers. */
  readonly play: (site: Site, span: Span) => Promise<void>
}

/** How much of a scenario is wanted. */
export interface Span {
  /** About how long it may take, in milliseconds. */
  readonly ms: number
}
