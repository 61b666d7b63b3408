import { type SQL, sql } from 'drizzle-orm'
import type { AnyChange } from '../change/change.ts'
import { parsePhase } from '../control/parse-change-row.ts'
import type { AnyDatabase } from '../drizzle/unit-database.ts'
import { failure } from '../errors/index.ts'
import { readStillFits, writeStillFits } from '../phase/fits.ts'
import type { Phase } from '../phase/phase.ts'
import { guardQuery } from './query-failed.ts'
import type { Decisions, UnitOfWork } from './unit-of-work.ts'

/** Where a change is, said by the database itself, which keeps it there until the transaction ends that asked. */
export interface PinnedPhase {
  readonly phase: Phase
  readonly epoch: number
  /** The epoch since which both sides have been written without a gap; null while they are not. */
  readonly syncSince: number | null
  /** Reads are forced to old while in read-switch. */
  readonly held: boolean
  readonly readPercent: number
}

/**
 * The phases that one transaction has pinned, by the id of the change. A change without a row has none, and the process
 * decides by the columns; one that gets its row meanwhile has transitions wait all the same.
 */
export class PinnedPhases {
  static readonly none = new PinnedPhases(new Map())
  readonly #phases: ReadonlyMap<string, PinnedPhase>

  constructor(phases: ReadonlyMap<string, PinnedPhase>) {
    this.#phases = phases
  }

  /** What `unit` does inside the transaction: decided by what is pinned, unless it was decided before. */
  decisionsOf(unit: UnitOfWork): Decisions {
    return { decisionOn: (change) => this.#decisionOf(unit, change) }
  }

  /** Those of the changes that may move while the transaction is under way. */
  unpinned(changes: readonly AnyChange[]): readonly AnyChange[] {
    return changes.filter(({ id }) => !this.#phases.has(id))
  }

  /** @throws ExpandContractError EC_PHASE_MOVED where `unit` has decided before, and its writes no longer fit. */
  requireWrites(unit: UnitOfWork, changes: readonly AnyChange[]): void {
    for (const change of changes) {
      const pinned = this.#phases.get(change.id)
      const decision = this.#decisionOf(unit, change)
      if (pinned !== undefined && !writeStillFits(decision, pinned)) throw moved(change, decision, pinned)
    }
  }

  #decisionOf(unit: UnitOfWork, change: AnyChange) {
    const pinned = this.#phases.get(change.id)
    const decision = unit.decisionOn(change, pinned)
    if (pinned !== undefined && !readStillFits(decision, pinned)) throw moved(change, decision, pinned)
    return decision
  }
}

function moved({ id }: AnyChange, decision: { readonly phase: Phase }, pinned: PinnedPhase): Error {
  return failure('EC_PHASE_MOVED', { id, decidedIn: decision.phase, phase: pinned.phase })
}

/**
 * Pins changes to their phases until the transaction ends. Ask outside of savepoints: a rollback to one gives back what
 * was pinned inside it.
 *
 * Takes the gate of each change in shared mode, in the order of their ids, before the transaction locks any table; waits
 * for a transition that is about to commit.
 *
 * @throws ExpandContractError EC_ROW_UNREADABLE where a hand has made the phase of a change something that is none.
 */
export async function pinPhases(tx: AnyDatabase, changes: readonly AnyChange[]): Promise<PinnedPhases> {
  if (changes.length === 0) return PinnedPhases.none
  const ids = changes.map(({ id }) => id).sort()
  const rows = await guardQuery('pinning the phase', () =>
    tx
      .select({
        id: sql<string>`wanted.id`,
        phase: sql<string>`pinned.phase`,
        epoch: sql<number>`pinned.epoch::float8`,
        syncSince: sql<number | null>`pinned.sync_since::float8`,
        held: sql<boolean>`pinned.held`,
        readPercent: sql<number>`pinned.read_percent`,
      })
      .from(pinning(ids)),
  )
  return new PinnedPhases(
    new Map(rows.map(({ id, phase, ...pinned }) => [id, { ...pinned, phase: parsePhase(id, phase) }])),
  )
}

function pinning(ids: readonly string[]): SQL {
  const list = sql.join(
    ids.map((id) => sql`${id}`),
    sql`, `,
  )
  return sql`unnest(array[${list}]::text[]) as wanted(id) cross join lateral expand_contract.pin_phase(wanted.id) as pinned`
}
