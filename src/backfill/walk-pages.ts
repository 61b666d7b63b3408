import type { ClientBase } from 'pg'
import type { AnyChange } from '../change/change.ts'
import { qualified } from '../sql/identifier.ts'
import { wasTooSlow } from '../walk/one-trip.ts'
import { idlePageFactor, nextPageRows, pageRowsAfterTimeout } from '../walk/page-size.ts'
import { readRowBlockers } from '../walk/row-blockers.ts'
import type { Waiting } from '../walk/short-transaction.ts'
import { isAbort, untilUnblocked } from '../walk/until-unblocked.ts'
import { type PageResult, runPage } from './page.ts'
import { type PageCounts, type PageInput, pageLockersStatement } from './page-statement.ts'

export interface PageWalk {
  readonly first: PageInput
  readonly waiting: Waiting
  readonly onPage: (counts: PageCounts) => void
}

/** Runs the pages of a run until its bound is reached or the signal ends it. */
export async function walkPages(
  client: ClientBase,
  change: AnyChange,
  { first, waiting, onPage }: PageWalk,
): Promise<'done' | 'interrupted'> {
  let input = first
  while (!waiting.signal?.aborted) {
    const started = performance.now()
    const result = await tryPage(client, change, input, waiting)
    switch (result.kind) {
      case 'interrupted':
        return 'interrupted'
      case 'over':
        return 'done'
      case 'too-slow':
        input = { ...input, rows: pageRowsAfterTimeout(input.rows) }
        break
      case 'overtaken':
        input = { ...input, first: false }
        break
      case 'crowded':
        input = { ...input, rows: first.rows }
        break
      case 'committed': {
        onPage(result.counts)
        if (result.counts.pageRows < input.rows) return 'done'
        const most = result.counts.pageDiffering === 0 ? first.rows * idlePageFactor : first.rows
        const rows = nextPageRows(input.rows, performance.now() - started, most)
        input = { ...input, first: false, rows }
      }
    }
  }
  return 'interrupted'
}

async function tryPage(
  client: ClientBase,
  change: AnyChange,
  input: PageInput,
  waiting: Waiting,
): Promise<PageResult | { readonly kind: 'too-slow' | 'interrupted' }> {
  const table = qualified(input.sides.table)
  const lockers = pageLockersStatement(input)
  const readBlockers = () => readRowBlockers(client, table, lockers)
  try {
    return await untilUnblocked(() => runPage(client, change, input), { ...waiting, table, readBlockers })
  } catch (error) {
    if (isAbort(error, waiting.signal)) return { kind: 'interrupted' }
    if (input.rows > 1 && wasTooSlow(error)) return { kind: 'too-slow' }
    throw error
  }
}
