import type { Intent } from './ledger.ts'
import type { Stamp } from './stamp.ts'

/** A write with what became of it. */
export interface Write extends Intent {
  readonly outcome: 'acknowledged' | 'refused' | 'unknown'
  /** The version that it made; null where it found no row, undefined where nobody knows. */
  readonly version: number | null | undefined
  /** Infinity where there was no answer. */
  readonly done: number
}

/** The writes of one key, and what they say about a value that is read or left over. */
export class KeyHistory {
  readonly #deletions: Write[] = []
  readonly #writes = new Set<number>()
  /** Acknowledged versions in the order of their answers, each with the newest up to then. */
  readonly #newest: { readonly done: number; version: number }[] = []
  readonly #versions = new Map<number, number>()
  /** Versions that two acknowledged writes claim. */
  readonly doubled: number[] = []

  /** @param writes in the order of their answers. */
  constructor(writes: readonly Write[]) {
    let newest = -1
    for (const write of writes) {
      if (write.operation === 'delete') {
        this.#deletions.push(write)
        continue
      }
      if (write.outcome !== 'refused') this.#writes.add(write.write)
      if (write.outcome !== 'acknowledged' || typeof write.version !== 'number') continue
      if (this.#versions.has(write.version)) this.doubled.push(write.version)
      this.#versions.set(write.version, write.write)
      newest = Math.max(newest, write.version)
      this.#newest.push({ done: write.done, version: newest })
    }
  }

  /** True where somebody meant to write this value, and was not refused. */
  knows({ write, version }: Stamp): boolean {
    const claimed = this.#versions.get(version)
    return this.#writes.has(write) && (claimed === undefined || claimed === write)
  }

  isDeletedBefore(moment: number): boolean {
    return this.#deletions.some(({ outcome, done }) => outcome === 'acknowledged' && done < moment)
  }

  mayBeDeletedBefore(moment: number): boolean {
    return this.#deletions.some(({ outcome, sent }) => outcome !== 'refused' && sent < moment)
  }

  /** The newest version whose write was acknowledged before a moment, and when one as new was; undefined where there is none. */
  newestBefore(moment: number): { readonly version: number; readonly done: number } | undefined {
    let [low, high] = [0, this.#newest.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#newest[middle]!.done < moment) low = middle + 1
      else high = middle
    }
    return this.#newest[low - 1]
  }

  /** How many acknowledged writes are newer than a version. */
  acknowledgedAfter(version: number): number {
    return [...this.#versions.keys()].filter((acknowledged) => acknowledged > version).length
  }
}
