import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import type { Direction } from '../control/change-row.ts'
import { requireDirect, type Session } from '../control/session.ts'
import { qualified } from '../sql/identifier.ts'
import { wasTooSlow } from '../walk/one-trip.ts'
import { defaultPageRows, nextPageRows, pageRowsAfterTimeout } from '../walk/page-size.ts'
import { withReadableErrors } from '../walk/readable-errors.ts'
import { readRowBlockers } from '../walk/row-blockers.ts'
import { readTableShape, type TableShape } from '../walk/table-shape.ts'
import { defaultPatienceMs, isAbort, type Patience, untilUnblocked } from '../walk/until-unblocked.ts'
import { type PageResult, runPage } from './page.ts'
import { type PageInput, pageLockersStatement } from './page-statement.ts'
import { type BackfillProgress, type Counts, ProgressMeter } from './progress.ts'
import { backfillUndertaking, finishRun, openRun, type Run } from './run-record.ts'

export interface BackfillOptions {
  /** Rows of one page. Default: 5,000. More rows hold their locks for longer, fewer cost more commits. */
  readonly pageRows?: number
  /** `forward` fills new from old, `reverse` old from new. Default: `forward`. */
  readonly direction?: Direction
  /** Walks the whole table again although a finished run stands, or one under way could be taken up. Default: `false`. */
  readonly restart?: boolean
  /** How long one page is tried while others hold locks that it needs, in milliseconds. Default: 60,000. */
  readonly patienceMs?: number
  /** Ends the run after the page under way; it can be taken up again. */
  readonly signal?: AbortSignal
  /** Told after every page, and whenever a page has to wait for a lock. */
  readonly onProgress?: (progress: BackfillProgress) => void
}

export interface BackfillResult {
  /** `already-done`: an earlier run stands, and nothing was done. `interrupted`: by the signal; a later call goes on. */
  readonly outcome: 'done' | 'already-done' | 'interrupted'
  readonly run: number
  readonly direction: Direction
  /** The run had been begun by an earlier call. */
  readonly resumed: boolean
  /** Totals of the run, earlier calls included. */
  readonly rowsSeen: number
  readonly rowsChanged: number
  readonly pages: number
  /** Of this call. */
  readonly elapsedMs: number
}

/**
 * Fills one side of a change from the other, in pages by the primary key.
 *
 * 1. Reads the key and the sides from the catalog, and checks that the sync trigger is there: rows that are written from
 *    now on are its business, so the walk ends at the last key of now.
 * 2. Takes up the run under way, or begins one; its cursor and its bound are rows of `expand_contract.backfills`.
 * 3. Page after page: a transaction of its own that checks phase and `sync_since`, copies where the sides disagree, and
 *    moves the cursor. A process that is killed loses the page that it had not committed, and no more.
 * 4. Marks the run as done and the change as filled.
 *
 * Several workers may work on one run: they take turns by the lock on its row, and each goes on from the cursor that the
 * one before has committed, so no page is done or counted twice, and one that dies is not missed.
 *
 * @throws ExpandContractError EC_CHANGE_UNRECORDED, EC_DECLARATION_DIFFERS, EC_PHASE_FORBIDS, EC_NOT_SYNCED,
 *   EC_GUARD_REFUSED, EC_RUN_STOPPED, EC_SCHEMA_CHANGED_UNDER, EC_LOCK_TIMEOUT, EC_POOLED_CONNECTION, EC_QUERY_FAILED
 */
export async function runBackfill(
  session: Session,
  change: AnyChange,
  sides: Sides,
  options: BackfillOptions = {},
): Promise<BackfillResult> {
  const { direction = 'forward', restart = false } = options
  requireDirect(session, 'a backfill')
  return withReadableErrors({ change, sides, operation: backfillUndertaking(direction).action }, async () => {
    const shape = await readTableShape(session.client, change, sides)
    const { run, opened } = await openRun(session, change, sides, shape, { direction, restart })
    const result = { run: run.run, direction, resumed: opened === 'resumed' }
    if (opened === 'finished') return { ...result, ...countsOf(run), outcome: 'already-done', elapsedMs: 0 }

    const meter = new ProgressMeter(countsOf(run), run.rowsEstimated > 0 ? run.rowsEstimated : undefined)
    const ended = await walkPages(session, change, { run, sides, shape, direction }, meter, options)
    const counts =
      ended === 'done' ? countsOf(await finishRun(session, change, sides, { run: run.run, direction })) : meter.counts
    return { ...result, ...counts, outcome: ended, elapsedMs: meter.elapsedMs }
  })
}

interface Walk {
  readonly run: Run
  readonly sides: Sides
  readonly shape: TableShape
  readonly direction: Direction
}

/** Runs the pages of a run until its bound is reached or the signal ends it. */
async function walkPages(
  session: Session,
  change: AnyChange,
  { run, sides, shape, direction }: Walk,
  meter: ProgressMeter,
  { pageRows = defaultPageRows, patienceMs = defaultPatienceMs, signal, onProgress }: BackfillOptions,
): Promise<'done' | 'interrupted'> {
  let input: PageInput = { run: run.run, sides, key: shape.key, direction, rows: pageRows, first: run.cursor === null }
  while (!signal?.aborted) {
    const started = performance.now()
    const result = await tryPage(session, change, input, {
      table: qualified(sides.table),
      patienceMs,
      signal,
      readBlockers: () =>
        readRowBlockers(session.client, shape.oid, pageLockersStatement({ ...input, changeId: change.id })),
      onBlocked: (blockers) => onProgress?.(meter.progress(blockers)),
    })
    if (result.kind === 'interrupted') return 'interrupted'
    if (result.kind === 'over') return 'done'
    if (result.kind === 'too-slow') input = { ...input, rows: pageRowsAfterTimeout(input.rows) }
    if (result.kind === 'overtaken') input = { ...input, first: false }
    if (result.kind === 'committed') {
      meter.advance(result.counts)
      onProgress?.(meter.progress())
      if (result.counts.pageRows < input.rows) return 'done'
      input = { ...input, first: false, rows: nextPageRows(input.rows, performance.now() - started, pageRows) }
    }
  }
  return 'interrupted'
}

async function tryPage(
  session: Session,
  change: AnyChange,
  input: PageInput,
  patience: Patience,
): Promise<PageResult | { readonly kind: 'too-slow' | 'interrupted' }> {
  try {
    return await untilUnblocked(() => runPage(session.client, change, input), patience)
  } catch (error) {
    if (isAbort(error, patience.signal)) return { kind: 'interrupted' }
    if (input.rows > 1 && wasTooSlow(error)) return { kind: 'too-slow' }
    throw error
  }
}

function countsOf({ rowsSeen, rowsChanged, pages }: Run): Counts {
  return { rowsSeen, rowsChanged, pages }
}
