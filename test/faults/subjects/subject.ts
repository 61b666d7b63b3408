import type { ClientBase, Pool } from 'pg'
import type { StoredRow } from '../ledger/judge.ts'
import type { Variant } from './row-store.ts'

/**
 * A kind of change, as the lab works with it. Its folder also holds the users' project (`expand-contract.config.ts`, and
 * `before.config.ts` for the release before the change), and the two ways to write its rows (`aware.ts`, `unaware.ts`).
 */
export interface Subject {
  /** The name of its folder. */
  readonly name: string
  readonly change: string
  readonly variant: Variant
  /** Makes rows 1 to `rows`, each with the stamp of the write of its key, version 0. The table is as the old release made it. */
  seed(client: Pool | ClientBase, variant: Variant, rows: number): Promise<void>
  /** What each side of each row holds. */
  read(client: Pool | ClientBase, variant: Variant): Promise<readonly StoredRow[]>
}
