import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import type { FillDirection } from '../control/change-row.ts'
import { quarantinedRows } from '../control/quarantined-rows.ts'
import { requireDirect, type Session } from '../control/session.ts'
import { requireUnderWay } from '../walk/eligible.ts'
import { defaultPageRows } from '../walk/page-size.ts'
import { releaseSettled } from '../walk/quarantine.ts'
import { withReadableErrors } from '../walk/readable-errors.ts'
import { readTableShape } from '../walk/table-shape.ts'
import { defaultPatienceMs } from '../walk/until-unblocked.ts'
import { filledFrom } from './allowed-phases.ts'
import { type BackfillProgress, type Counts, ProgressMeter } from './progress.ts'
import { backfillUndertaking, finishRun, openRun, type Run } from './run-record.ts'
import { walkPages } from './walk-pages.ts'

export interface BackfillOptions {
  /**
   * Rows that one page copies. Default: 5,000. More rows hold their locks for longer, fewer cost more commits. Where there
   * is nothing to copy, a page looks at up to ten times as many.
   */
  readonly pageRows?: number
  /** `forward` fills new from old, `reverse` old from new. Default: `forward`. */
  readonly direction?: FillDirection
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
  readonly direction: FillDirection
  /** The run had been begun by an earlier call. */
  readonly resumed: boolean
  /** Totals of the run, earlier calls included. */
  readonly rowsSeen: number
  readonly rowsChanged: number
  readonly pages: number
  /** Rows that are in quarantine at its end: their transform rejects what they hold. Zero where that cannot be. */
  readonly quarantined: number
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
 * 4. Where the transform may raise, looks again at the rows that are in quarantine: what was mended or deleted leaves it.
 * 5. Marks the run as done and the change as filled.
 *
 * Several workers may work on one run: they take turns by the lock on its row, and each goes on from the cursor that the
 * one before has committed, so no page is done or counted twice, and one that dies is not missed.
 *
 * @throws ExpandContractError EC_CHANGE_UNRECORDED, EC_CHANGE_ENDED, EC_DECLARATION_DIFFERS, EC_PHASE_FORBIDS, EC_NOT_SYNCED,
 *   EC_GUARD_REFUSED, EC_RUN_STOPPED, EC_SCHEMA_CHANGED_UNDER, EC_LOCK_TIMEOUT, EC_POOLED_CONNECTION, EC_QUERY_FAILED
 */
export async function runBackfill(
  session: Session,
  change: AnyChange,
  sides: Sides,
  options: BackfillOptions = {},
): Promise<BackfillResult> {
  const { direction = 'forward', restart = false, pageRows = defaultPageRows } = options
  const { patienceMs = defaultPatienceMs, signal, onProgress } = options
  requireDirect(session, 'a backfill')
  return withReadableErrors({ change, sides, operation: backfillUndertaking(direction).action }, async () => {
    await requireUnderWay(session.db, change.id, backfillUndertaking(direction))
    const shape = await readTableShape(session.client, change, sides)
    let meter = new ProgressMeter(nothingDone, shape.rowsEstimated)
    const onBlocked = (blockers: readonly string[]) => onProgress?.(meter.progress(blockers))
    const waiting = { patienceMs, onBlocked }

    const { run, opened } = await openRun(session, change, sides, shape, { direction, restart, waiting })
    const result = { run: run.run, direction, resumed: opened === 'resumed' }
    if (opened === 'finished') {
      const quarantined = await quarantinedRows(session.db, change.id)
      return { ...result, ...countsOf(run), quarantined, outcome: 'already-done', elapsedMs: 0 }
    }

    meter = new ProgressMeter(countsOf(run), run.rowsEstimated > 0 ? run.rowsEstimated : undefined)
    const outcome = await walkPages(session.client, change, {
      first: {
        run: run.run,
        changeId: change.id,
        sides,
        key: shape.key,
        direction,
        rows: pageRows,
        mostCopied: pageRows,
        first: run.cursor === null,
      },
      waiting: { ...waiting, signal },
      onPage: (counts) => {
        meter.advance(counts)
        onProgress?.(meter.progress())
      },
    })
    const truth = filledFrom[direction]
    const quarantined = await releaseSettled(session.client, change.id, { sides, key: shape.key, truth, waiting })
    const ended = { ...result, quarantined, outcome, elapsedMs: meter.elapsedMs }
    if (outcome === 'interrupted') return { ...ended, ...meter.counts }
    const finished = await finishRun(session, change, sides, { run: run.run, direction, waiting })
    return { ...ended, ...countsOf(finished), elapsedMs: meter.elapsedMs }
  })
}

const nothingDone: Counts = { rowsSeen: 0, rowsChanged: 0, pages: 0 }

function countsOf({ rowsSeen, rowsChanged, pages }: Run): Counts {
  return { rowsSeen, rowsChanged, pages }
}
