import { columnConstraints } from '../catalog/constraints.ts'
import { columnDependents } from '../catalog/dependents.ts'
import { invalidIndexes } from '../catalog/indexes.ts'
import { rolesWithoutNewSide } from '../catalog/rights.ts'
import { declarationHash, recordedDeclaration } from '../change/recorded.ts'
import { type ChangeRow, readChangeRow } from '../control/change-row.ts'
import { requireSameDeclaration } from '../control/declaration.ts'
import { hasBeenIn, lastEntry } from '../control/history.ts'
import { openMismatches } from '../control/mismatches.ts'
import { quarantinedRows } from '../control/quarantined-rows.ts'
import { stepStates } from '../control/step-state.ts'
import { unawareWritersWithin } from '../control/unaware-writers.ts'
import type { Facts, TriggerFacts } from '../phase/facts.ts'
import { isBefore } from '../phase/phase.ts'
import { liveProcesses } from '../registry/live-processes.ts'
import { tableInWords } from '../sql/identifier.ts'
import { isAltered, recordingIntervalMs, retiredName, triggerState } from '../sync/index.ts'
import { readColumns } from './read-columns.ts'
import { drainFacts } from './read-drain.ts'
import type { Target } from './target.ts'

/** A change's row with everything that the guards ask about. The row is undefined while nobody has expanded the change. */
export interface Situation {
  readonly row: ChangeRow | undefined
  readonly facts: Facts
}

/**
 * Asks the database for everything that the guards need. Reads only; a transition checks by its compare-and-set that the
 * row has not moved since.
 *
 * @throws ExpandContractError EC_DECLARATION_DIFFERS
 */
export async function readSituation(target: Target): Promise<Situation> {
  const { session, change, sides } = target
  const { client, db } = session
  const row = await readChangeRow(db, change.id)
  if (row !== undefined) requireSameDeclaration(change, sides, row)
  const { table } = sides
  const [old, next] = [sides.old, sides.next].map((columns) => columns.map(({ name }) => name)) as [string[], string[]]
  const columnsInWords = (names: readonly string[]) => names.map((name) => `${tableInWords(table)}.${name}`).join(', ')
  const { rows: clock } = await client.query<{ now: Date }>('SELECT now()')
  const now = clock[0]!.now
  const phaseSince = row?.phaseSince ?? now
  const soakMs = row?.soakMs ?? change.soakMs
  const columns = await readColumns(target, columnsInWords)
  const trigger = await triggerFacts(target, row)
  return {
    row,
    facts: {
      changeId: change.id,
      oldName: columnsInWords(old),
      newName: columnsInWords(next),
      phase: row?.phase ?? 'planned',
      phaseSince,
      epoch: row?.epoch ?? 0,
      now,
      syncSince: row?.syncSince ?? null,
      verifiedEpoch: row?.verifiedEpoch ?? null,
      verifiedAt: row?.verifiedAt ?? null,
      openMismatches: await openMismatches(db, change.id),
      quarantined: await quarantinedRows(db, change.id),
      backfillDone: row?.backfillState === 'done',
      backfillDirection: row?.backfillDirection ?? 'forward',
      readPercent: row?.readPercent ?? 0,
      hold: row?.hold ?? null,
      sync: row?.sync ?? change.sync,
      copyBack: copyBackOf(target, row),
      attested: row !== undefined && row.attestedAt !== null,
      drain: row === undefined ? undefined : await drainFacts(target, row),
      soakMs,
      retiredAt: row?.retiredAt ?? null,
      droppedAt: row?.droppedAt ?? null,
      ...columns,
      loses: change.transform.loses,
      trigger,
      steps: await stepStates(db, change.id),
      invalidIndexes: await invalidIndexes(client, table),
      oldConstraints: await columnConstraints(client, table, old),
      rolesWithoutNewSide: await rolesWithoutNewSide(client, table, { old, next }),
      processes: await liveProcesses(db, {
        changeId: change.id,
        table,
        declarationHash: declarationHash(recordedDeclaration(change, sides)),
      }),
      hasSwitched: await hasBeenIn(db, change.id, 'read-switch'),
      namedSince: await lastEntry(db, change.id, 'dual-write'),
      // A session is recorded once per interval, so a shorter window could miss one that writes all the time.
      unawareWriters: await unawareWritersWithin(client, change.id, Math.max(soakMs, 2 * recordingIntervalMs)),
      dependents: await columnDependents(client, table, row?.retiredAt ? old.map(retiredName) : old),
    },
  }
}

/** What is declared holds until the step at which it matters; from then on, what was done there. */
function copyBackOf({ change }: Target, row: ChangeRow | undefined): boolean {
  return row === undefined || isBefore(row.phase, 'new-only') ? change.copyBack : row.copyBack
}

async function triggerFacts(
  { session, change, sides }: Target,
  row: ChangeRow | undefined,
): Promise<TriggerFacts | undefined> {
  const installed = await triggerState(session.client, change, sides)
  if (installed === undefined) return undefined
  const { version, ...state } = installed
  const recorded = row === undefined || row.phase === 'abandoned' ? null : row.triggerVersion
  return { ...state, alteredByHand: recorded !== null && isAltered(recorded, version) }
}
