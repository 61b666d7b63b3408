import type { Stamp } from '../ledger/stamp.ts'

export const isolationLevels = ['read committed', 'repeatable read', 'serializable'] as const
export type IsolationLevel = (typeof isolationLevels)[number]

/** One row to update, and the number of the write. */
export interface Update {
  readonly key: number
  readonly write: number
}

/**
 * What a writer can do with the rows of a change, in its own way: through repositories, or by SQL of its own. Every value
 * is a stamp (`ledger/stamp.ts`), in whatever the kind of change makes of it.
 */
export interface RowStore {
  /** Null where there is no such row, `unreadable` where it holds no stamp. */
  find(key: number): Promise<Stamp | null | 'unreadable'>
  /** A new row, of version 0. */
  insert(row: Update): Promise<void>
  /** Returns the row's new version; null where there is no such row. */
  update(row: Update): Promise<number | null>
  /** Reads a row, thinks for a while, and updates it, in one unit of work. */
  amend(row: Update, thinkMs: number): Promise<number | null>
  /** Updates a row or inserts it, and returns its version. */
  upsert(row: Update): Promise<number>
  delete(key: number): Promise<void>
  /** Updates rows in one transaction, in the order given. */
  transact(updates: readonly Update[], isolation: IsolationLevel): Promise<readonly (number | null)[]>
  close(): Promise<void>
}

/** What a process is told about the world that it works in. */
export interface Surroundings {
  readonly url: string
  /** Names the process in `status` and in `pg_stat_activity`. */
  readonly name: string
  readonly variant: Variant
  readonly flags: FlagSource
  readonly pollMs: number
  readonly leaseMs: number
  /** Hears what the toolkit tells. */
  readonly log: (line: string) => void
}

/** Who decides reads in a process. */
export type FlagSource = { readonly kind: 'database' } | { readonly kind: 'unleash'; readonly url: string }

/** The environment variable through which all processes of a run, the command line included, learn of the variant. */
export const variantVariable = 'EC_LAB_VARIANT'

/** How a change is declared, and what its objects are called. */
export interface Variant {
  readonly names: { readonly table: string; readonly key: string; readonly old: string; readonly next: string }
  readonly sync: 'trigger' | 'none'
  readonly copyBack: boolean
}

/** Each kind of change has two modules that export one as `open`: `aware.ts` and `unaware.ts`. */
export type OpenStore = (surroundings: Surroundings) => Promise<RowStore>
