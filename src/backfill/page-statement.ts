import { defaultScope } from '../../schema/namespace.ts'
import type { Sides } from '../change/sides.ts'
import type { FillDirection } from '../control/change-row.ts'
import { literal, qualified } from '../sql/identifier.ts'
import { type Judgement, judgementBy } from '../sync/index.ts'
import {
  keyColumnsPassedOn,
  keyCompared,
  keyFromJson,
  keyOrder,
  lastKeyPassedOn,
  passedOnKey,
  passedOnKeyAsJson,
} from '../walk/key-sql.ts'
import { quarantineStatement } from '../walk/quarantine-statements.ts'
import type { KeyColumn } from '../walk/table-shape.ts'
import { backfillPhases, filledFrom } from './allowed-phases.ts'

/** What a page is made of. */
export interface PageInput {
  readonly run: number
  readonly changeId: string
  readonly sides: Sides
  readonly key: readonly KeyColumn[]
  readonly direction: FillDirection
  /** At most this many rows are looked at. */
  readonly rows: number
  /** At most this many are copied: a page that meets more of them does nothing. */
  readonly mostCopied: number
  /** True before the first page, when there is no cursor to start behind. */
  readonly first: boolean
}

/** What a page answers: its own rows, and the totals of the run after it. */
export interface PageCounts {
  readonly pageRows: number
  /** Rows of the page whose sides did not agree. */
  readonly pageDiffering: number
  readonly pages: number
  readonly rowsSeen: number
  readonly rowsChanged: number
}

/**
 * One page of a run: the next rows of the key's index behind the cursor, copied where the sides disagree, and the
 * checkpoint, in one statement. No value leaves the database.
 *
 * 1. `run`: cursor and upper bound, or nothing where the change has left the phases of this direction, where its sides
 *    have not been in sync without a gap since the run began, or where another worker has moved the cursor first. The
 *    rows are locked by the statements before, so what is read here holds until the commit.
 * 2. `page`: one ordered pass over a range of the index; how many rows, how many that differ, and the last key. Nothing
 *    where too many differ.
 * 3. `copied`: the same range up to that key, not walked at all where nothing differs. A row that changes meanwhile is
 *    looked at again once its lock is had, so an agreeing row is never written.
 * 4. `quarantined`, where the transform may raise: keys of rows of the page for which it does. They are left as they are.
 *
 * Answers with one row of counts, or with none where `run` or `page` found nothing. Locks rows that differ FOR NO KEY
 * UPDATE, in the order of the key, until the page is committed.
 */
export function pageStatement(input: PageInput): string {
  const { run, changeId, sides, key, direction, rows, mostCopied, first } = input
  const table = qualified(sides.table)
  const judgement = judgementBy(filledFrom[direction], changeId, sides)
  const { passedOn, differs, rowDiffers, copying } = judgement
  const behindCursor = behindCursorOf({ key, first })
  return `WITH run AS MATERIALIZED (
  SELECT r.cursor, r.upper_bound
    FROM expand_contract.backfills AS r
    JOIN expand_contract.changes AS c ON c.scope = r.scope AND c.id = r.change_id
   WHERE r.run = ${run} AND r.state = 'running' AND r.sync_since = c.sync_since
     AND c.phase IN (${backfillPhases[direction].map(literal).join(', ')})
     AND r.cursor IS ${first ? '' : 'NOT '}NULL
), page AS MATERIALIZED (
  SELECT count(*) AS seen, count(*) FILTER (WHERE ${differs}) AS differing, ${lastKeyPassedOn(key)}${rejectedKeys(input, judgement)}
    FROM (SELECT ${keyColumnsPassedOn(key)}, ${passedOn}
            FROM ${table} AS t
           WHERE ${behindCursor}
             AND ${keyCompared(key, '<=', `SELECT ${keyFromJson(key, 'upper_bound')} FROM run`)}
           ORDER BY ${keyOrder(key)}
           LIMIT ${rows}) AS walked
  HAVING count(*) FILTER (WHERE ${differs}) <= ${mostCopied}
), copied AS (
  UPDATE ${table} AS t SET ${copying}
   WHERE (SELECT differing FROM page) > 0
     AND ${behindCursor}
     AND ${keyCompared(key, '<=', `SELECT ${passedOnKey(key)} FROM page`)}
     AND ${rowDiffers}
  RETURNING 1
)${quarantining(input, judgement)}
UPDATE expand_contract.backfills AS b
   SET cursor = CASE WHEN page.seen = 0 THEN b.cursor ELSE ${passedOnKeyAsJson(key)} END,
       pages = b.pages + (page.seen > 0)::int,
       rows_seen = b.rows_seen + page.seen,
       rows_changed = b.rows_changed + (SELECT count(*) FROM copied),
       updated_at = clock_timestamp()
  FROM run, page
 WHERE b.run = ${run}
RETURNING b.pages::float8 AS "pages", page.seen::float8 AS "pageRows", page.differing::float8 AS "pageDiffering",
          b.rows_seen::float8 AS "rowsSeen", b.rows_changed::float8 AS "rowsChanged"`
}

/** For `page`: the keys of rows that the transform rejects, and why. */
function rejectedKeys({ key }: PageInput, { rejected }: Judgement): string {
  if (rejected === undefined) return ''
  const entry = `jsonb_build_object('key', ${passedOnKeyAsJson(key)}, 'reason', verdict)`
  return `, jsonb_agg(${entry}) FILTER (WHERE ${rejected}) AS rejected`
}

function quarantining({ changeId }: PageInput, { rejected }: Judgement): string {
  if (rejected === undefined) return ''
  const entries = 'page, jsonb_to_recordset(page.rejected) AS rejected(key jsonb, reason text)'
  return `, quarantined AS (
  ${quarantineStatement(changeId, entries)}
)`
}

function behindCursorOf({ key, first }: Pick<PageInput, 'key' | 'first'>): string {
  return first ? 'true' : keyCompared(key, '>', `SELECT ${keyFromJson(key, 'cursor')} FROM run`)
}

/** What a page locks before it does its work, in this order: the gate of the change's phase and the run's row. */
export function pageLockStatements({ run, changeId }: { readonly run: number; readonly changeId: string }): string[] {
  return [
    // A step that moves the phase waits for the page, other workers do not; nor can a stream of pages keep such a step out.
    `SELECT ${literal(changeId)} AS id, phase, sync_since::float8 AS "syncSince" FROM expand_contract.pin_phase(${literal(changeId)}, ${literal(defaultScope)})`,
    // FOR NO KEY UPDATE: workers on one run take turns, each from the cursor that the one before has committed.
    `SELECT state, sync_since::float8 AS "syncSince" FROM expand_contract.backfills WHERE run = ${run} FOR NO KEY UPDATE`,
  ]
}

/** Lockers of all rows that a page wants: a query of one column, `xmax`. */
export function pageLockersStatement(input: PageInput): string {
  const { run, changeId, sides, key, rows } = input
  return `WITH run AS (SELECT cursor FROM expand_contract.backfills WHERE run = ${run})
  (SELECT t.xmax FROM ${qualified(sides.table)} AS t WHERE ${behindCursorOf(input)} ORDER BY ${keyOrder(key)} LIMIT ${rows})
  UNION ALL SELECT xmax FROM expand_contract.changes WHERE ${changeIs(changeId)}
  UNION ALL SELECT xmax FROM expand_contract.backfills WHERE run = ${run}`
}

function changeIs(changeId: string): string {
  return `scope = ${literal(defaultScope)} AND id = ${literal(changeId)}`
}
