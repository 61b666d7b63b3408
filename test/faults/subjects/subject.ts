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
  /**
   * Fills the table as the old release made it with rows 1 to `rows`, and others that no writer knows, each with the stamp
   * of the write of its key, version 0.
   *
   * @returns the keys.
   */
  seed(client: Pool | ClientBase, variant: Variant, rows: number): Promise<readonly number[]>
  /** Makes the table of a logical subscriber, with room for every column that the table will have. */
  createFollower(client: Pool | ClientBase, variant: Variant): Promise<void>
  /** What each side of each row holds. */
  read(client: Pool | ClientBase, variant: Variant): Promise<readonly StoredRow[]>
}
