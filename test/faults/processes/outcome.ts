import { sqlState } from '../../../examples/01-rename-column/demo/failure.ts'
import type { Outcome } from '../ledger/ledger.ts'

/**
 * Codes with which a connection ends. The server may have committed before it sent them: a backend that is terminated
 * while it waits for the standby says so after its commit.
 */
const endings = /^(08|57P0)/

/** What a request that threw has come to. Without an answer of the database nobody knows. */
export function outcomeOf(error: unknown): Exclude<Outcome, { outcome: 'acknowledged' }> {
  const code = sqlState(error)
  if (code === undefined) return refusalOfToolkit(error) ?? { outcome: 'unknown' }
  return endings.test(code) ? { outcome: 'unknown', code } : { outcome: 'refused', code }
}

/** What the toolkit refuses by itself never reaches the database; EC_QUERY_FAILED is what the driver threw. */
function refusalOfToolkit(error: unknown): { readonly outcome: 'refused'; readonly code: string } | undefined {
  const { code } = error as { readonly code?: unknown }
  if (typeof code !== 'string' || !code.startsWith('EC_') || code === 'EC_QUERY_FAILED') return undefined
  return { outcome: 'refused', code }
}
