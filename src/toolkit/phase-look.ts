import { eq } from 'drizzle-orm'
import { changes as changesTable } from '../../schema/changes.ts'
import { defaultScope } from '../../schema/namespace.ts'
import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import { requireSameDeclaration } from '../control/declaration.ts'
import { type ChangeRecord, parseChangeRow } from '../control/parse-change-row.ts'
import type { Database } from '../drizzle/database.ts'
import type { PhysicalTable } from '../drizzle/physical-table.ts'
import { errorCode, failure } from '../errors/index.ts'
import { keepsOldInSync } from '../phase/facts.ts'
import type { FoundState } from './change-state.ts'
import type { ControlPolicy } from './control-policy.ts'
import { derivedPhase } from './derived-phase.ts'
import { refuseForgotten } from './forgotten-change.ts'
import { type Moment, momentNow } from './moment.ts'

export interface DeclaredChange {
  readonly change: AnyChange
  readonly sides: Sides
}

/** What is looked at, and where. */
export interface LookSubject {
  readonly db: Database
  readonly declared: readonly DeclaredChange[]
  /** All tables of the schema: code that has lost the declaration of a change is told by them. */
  readonly tables: readonly PhysicalTable[]
  readonly control: ControlPolicy
}

/** What one look at the phases of all declared changes has found. Nothing is decided by it yet. */
export interface PhaseLook {
  /** When the database was asked. */
  readonly seenAt: Moment
  readonly found: ReadonlyMap<string, FoundState>
  /** Why a change could not be read; it does not keep the others from being read. */
  readonly failures: ReadonlyMap<string, unknown>
  /** Everything that is wrong, the worst first. */
  readonly errors: readonly unknown[]
  /** False where they are missing and `control: 'optional'` lets the catalog decide; there is no registry then. */
  readonly hasControlTables: boolean
}

const undefinedTable = '42P01'
const undefinedSchema = '3F000'

/**
 * Reads all changes in one query.
 *
 * @throws ExpandContractError EC_CONTROL_MISSING. EC_DECLARATION_DIFFERS, EC_CHANGE_FORGOTTEN, EC_SCHEMA_CHANGED_UNDER and
 *   EC_ROW_UNREADABLE are among the `errors`.
 */
export async function lookAtPhases(subject: LookSubject): Promise<PhaseLook> {
  const seenAt = momentNow()
  const rows = await readRows(subject)
  const found = new Map<string, FoundState>()
  const failures = new Map<string, unknown>()
  for (const declared of subject.declared) {
    const { id } = declared.change
    try {
      found.set(id, await stateOf(declared, rows?.get(id), subject))
    } catch (error) {
      failures.set(id, error)
    }
  }
  const errors = [...forgottenAmong(rows, subject), ...failures.values()]
  return { seenAt, found, failures, errors, hasControlTables: rows !== undefined }
}

/** @returns undefined where there are no control tables, and need not be. */
async function readRows({ db, control }: LookSubject): Promise<ReadonlyMap<string, ChangeRecord> | undefined> {
  try {
    const rows = await db.select().from(changesTable).where(eq(changesTable.scope, defaultScope))
    return new Map(rows.map((row) => [row.id, row]))
  } catch (error) {
    const code = errorCode(error)
    if (code !== undefinedTable && code !== undefinedSchema) throw error
    if (control === 'required') throw failure('EC_CONTROL_MISSING', {})
    return undefined
  }
}

async function stateOf(
  { change, sides }: DeclaredChange,
  record: ChangeRecord | undefined,
  { db, control }: LookSubject,
): Promise<FoundState> {
  if (record === undefined) {
    const phase = await derivedPhase(db, change.id, sides, control)
    return {
      phase,
      epoch: 0,
      held: false,
      readPercent: phase === 'contracted' ? 100 : 0,
      recorded: false,
      keepsOldInSync: keepsOldInSync(change),
    }
  }
  const row = parseChangeRow(record)
  requireSameDeclaration(change, sides, row)
  return {
    phase: row.phase,
    epoch: row.epoch,
    held: row.hold !== null,
    readPercent: row.readPercent,
    recorded: true,
    // Another checkout may have declared copy-back off, and gone to new-only by that.
    keepsOldInSync: keepsOldInSync({ sync: row.sync, copyBack: row.copyBack && change.copyBack }),
  }
}

function forgottenAmong(
  rows: ReadonlyMap<string, ChangeRecord> | undefined,
  { declared, tables }: LookSubject,
): readonly unknown[] {
  const undeclared = [...(rows?.values() ?? [])].filter(({ id }) => !declared.some(({ change }) => change.id === id))
  return undeclared.flatMap((row) => {
    try {
      refuseForgotten(row, tables)
      return []
    } catch (error) {
      return [error]
    }
  })
}
