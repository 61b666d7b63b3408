import type { Phase } from '../phase/phase.ts'
import type { UnitObserver, UnitOfWork } from '../repository/index.ts'
import { settlesWithin } from './settles-within.ts'

/** The units of work that are open in this process, so that the registry can tell which phases are still in use. */
export class OpenUnits implements UnitObserver {
  readonly #open = new Set<UnitOfWork>()
  readonly #waiting: (() => void)[] = []

  opened(unit: UnitOfWork): void {
    this.#open.add(unit)
  }

  closed(unit: UnitOfWork): void {
    this.#open.delete(unit)
    if (this.#open.size === 0) for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves once no unit is open, or after `limitMs`. */
  async drained(limitMs: number): Promise<void> {
    if (this.#open.size === 0) return
    await settlesWithin(new Promise<void>((resolve) => this.#waiting.push(resolve)), limitMs)
  }

  /** The phases by which open units act on a change, counted from their decisions. */
  phasesOf(changeId: string): readonly Phase[] {
    return [...this.#open].flatMap(({ decisions }) => decisions.get(changeId)?.phase ?? [])
  }

  /** How many units have been open for longer than `limitMs`; of those that use a change, where one is named. */
  openLongerThan(limitMs: number, changeId?: string): number {
    const before = Date.now() - limitMs
    return [...this.#open].filter(
      ({ startedAt, decisions }) => startedAt < before && (changeId === undefined || decisions.has(changeId)),
    ).length
  }
}
