import type { FlagSource, IsolationLevel, Variant } from '../subjects/row-store.ts'

/** What a writer is told when it is started, as its one argument. */
export interface Assignment {
  /** The folder of the kind of change, in `subjects/`. */
  readonly subject: string
  readonly kind: 'aware' | 'unaware'
  readonly name: string
  /** The same for no two processes of a run. */
  readonly incarnation: number
  readonly seed: number
  readonly url: string
  readonly variant: Variant
  readonly ledgers: string
  /** Rows that were there at the beginning, with keys from 1. */
  readonly rows: number
  readonly requestsPerSecond: number
  readonly reads: boolean
  readonly flags: FlagSource
  readonly pollMs: number
  readonly leaseMs: number
}

/** What the lab tells a writer while it runs. */
export type Order =
  | { readonly order: 'stop' }
  /** Transactions over a few rows that everybody wants, so that some of them meet. */
  | { readonly order: 'contend'; readonly isolation: IsolationLevel; readonly times: number; readonly keys: number }
  /** Units of work that read a row, think, and write it then. */
  | { readonly order: 'amend'; readonly times: number; readonly thinkMs: number }

/** What a writer tells the lab. */
export type Report = { readonly report: 'serving' } | { readonly report: 'traffic'; readonly requests: number }
