import type { ClientBase, QueryResult } from 'pg'
import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import { failure } from '../errors/index.ts'
import { type Phase, phases, type Side } from '../phase/phase.ts'
import { qualified } from '../sql/identifier.ts'
import { queryInOneTrip, wasTooSlow } from '../walk/one-trip.ts'
import { nextPageRows, pageRowsAfterTimeout, pageTimeoutMs } from '../walk/page-size.ts'
import { readRowBlockers } from '../walk/row-blockers.ts'
import type { TableShape } from '../walk/table-shape.ts'
import { isAbort, lockTimeoutMs, untilUnblocked } from '../walk/until-unblocked.ts'
import { confirmStatement, pinStatement, repairStatement, suspectLockersStatement } from './confirm-statement.ts'
import { type RangeCounts, type RangeInput, rangeStatement } from './range-statement.ts'
import type { Beginning, Findings } from './verdict.ts'

export interface Pass {
  readonly change: AnyChange
  readonly sides: Sides
  readonly shape: TableShape
  readonly beginning: Beginning
  readonly rangeRows: number
  readonly repair: boolean
  readonly patienceMs: number
  readonly signal: AbortSignal | undefined
  readonly report: (report: PassReport) => void
}

export interface PassReport {
  readonly findings: Findings
  readonly waitingFor?: readonly string[]
}

/** So many mismatches say enough: the pass ends, unless it repairs them. */
const enoughMismatches = 1_000

/** Rows that are locked at once to be looked at again. */
const suspectsAtOnce = 500

export const nothingFound: Findings = {
  rows: 0,
  withOld: 0,
  withNew: 0,
  mismatches: 0,
  repaired: 0,
  quarantined: 0,
  ranges: 0,
  complete: false,
}

/** Goes over the whole table once, range after range. */
export async function passOver(
  client: ClientBase,
  pass: Pass,
): Promise<{ readonly findings: Findings; readonly interrupted: boolean }> {
  let findings = nothingFound
  let range: Pick<RangeInput, 'rows' | 'cursor'> = { rows: pass.rangeRows, cursor: null }
  try {
    for (;;) {
      const started = performance.now()
      const counts = await compareRange(client, pass, range, findings)
      if (counts === 'too-slow') {
        range = { ...range, rows: pageRowsAfterTimeout(range.rows) }
        continue
      }
      findings = counted(findings, counts)
      for (const suspects of chunks(counts.suspects ?? [], suspectsAtOnce)) {
        const confirmed = await lookAgain(client, pass, suspects, findings)
        findings = pass.repair
          ? { ...findings, repaired: findings.repaired + confirmed }
          : { ...findings, mismatches: findings.mismatches + confirmed }
        if (findings.mismatches >= enoughMismatches) return { findings, interrupted: false }
      }
      pass.report({ findings })
      if (counts.rows < range.rows) return { findings: { ...findings, complete: true }, interrupted: false }
      range = { cursor: counts.lastKey, rows: nextPageRows(range.rows, performance.now() - started, pass.rangeRows) }
    }
  } catch (error) {
    if (isAbort(error, pass.signal)) return { findings, interrupted: true }
    throw error
  }
}

async function compareRange(
  client: ClientBase,
  pass: Pass,
  range: Pick<RangeInput, 'rows' | 'cursor'>,
  findings: Findings,
): Promise<RangeCounts | 'too-slow'> {
  const { sides, shape, beginning } = pass
  const settings = { lockTimeoutMs, statementTimeoutMs: range.rows > 1 ? pageTimeoutMs : 0 }
  const statement = rangeStatement({
    changeId: pass.change.id,
    truth: truthOf(pass),
    sides,
    key: shape.key,
    upperBound: beginning.upperBound,
    ...range,
  })
  try {
    const [result] = await patiently(client, pass, findings, 'NULL', () =>
      queryInOneTrip(client, settings, [statement]),
    )
    return (result as QueryResult<RangeCounts>).rows[0]!
  } catch (error) {
    if (range.rows > 1 && wasTooSlow(error)) return 'too-slow'
    throw error
  }
}

/** How many of some suspects are mismatches under their row locks; repaired at once where the pass does that. */
async function lookAgain(
  client: ClientBase,
  pass: Pass,
  suspects: readonly (readonly string[])[],
  findings: Findings,
): Promise<number> {
  const { change, sides, shape, beginning, repair } = pass
  const { epoch } = beginning.row
  const input = { changeId: change.id, epoch, truth: truthOf(pass), sides, key: shape.key, suspects }
  // A repair passes over what the transform rejects; that is confirmed after it.
  const lookAt = sides.transform.mayRaise && repair ? [confirmStatement(input)] : []
  const statements = repair ? [repairStatement(input), ...lookAt] : [confirmStatement(input)]
  const settings = { lockTimeoutMs, statementTimeoutMs: 0 }
  const [row, result] = await patiently(client, pass, findings, suspectLockersStatement(input), () =>
    queryInOneTrip(client, settings, [pinStatement(change.id), ...statements]),
  )
  const now = (row as QueryResult<{ phase: Phase }>).rows[0]?.phase
  if (repair && (now === undefined || phases[now].truth !== truthOf(pass))) {
    const problem = 'the truth has moved to the other side meanwhile'
    throw failure('EC_RUN_STOPPED', { id: change.id, action: 'repair', problem })
  }
  return (result as QueryResult<{ confirmed: number }>).rows[0]!.confirmed
}

/** The side that holds the truth. */
export function truthOf({ beginning }: Pick<Pass, 'beginning'>): Side {
  return phases[beginning.row.phase].truth
}

function patiently<Result>(
  client: ClientBase,
  { sides, patienceMs, signal, report }: Pass,
  findings: Findings,
  lockers: string,
  attempt: () => Promise<Result>,
): Promise<Result> {
  return untilUnblocked(attempt, {
    table: qualified(sides.table),
    patienceMs,
    signal,
    readBlockers: () => readRowBlockers(client, qualified(sides.table), lockers),
    onBlocked: (waitingFor) => report({ findings, waitingFor }),
  })
}

function counted(findings: Findings, { rows, withOld, withNew }: RangeCounts): Findings {
  return {
    ...findings,
    rows: findings.rows + rows,
    withOld: findings.withOld + withOld,
    withNew: findings.withNew + withNew,
    ranges: findings.ranges + (rows > 0 ? 1 : 0),
  }
}

function* chunks<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
