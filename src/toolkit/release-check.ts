import { differences, recordedDeclaration } from '../change/recorded.ts'
import type { ChangeRow } from '../control/change-row.ts'
import { hasEnded, type RecordedChanges } from '../control/recorded-changes.ts'
import type { PhysicalTable } from '../drizzle/physical-table.ts'
import { harmToUnaware } from '../phase/awareness.ts'
import { forgottenColumn } from './forgotten-change.ts'
import type { DeclaredChange } from './phase-look.ts'

/** What a checkout holds: the changes and tables that a build of it would start with. */
export interface Code {
  readonly declared: readonly DeclaredChange[]
  readonly tables: readonly PhysicalTable[]
}

/** What a database holds. */
export interface Recorded extends RecordedChanges {
  /** Whether a table of the database has a column now. */
  readonly hasColumn: (table: { readonly schema: string; readonly name: string }, column: string) => boolean
}

/** Something to know before a build runs against a database. */
export interface Finding {
  readonly change: string
  /** The build must not run now. */
  readonly refuses: boolean
  readonly problem: string
  readonly fix: string
}

/** May a build of this code run against this database now? Everything that speaks against it, and what else to know. */
export function checkRelease(code: Code, recorded: Recorded): readonly Finding[] {
  const { readable, unreadable } = recorded
  const rows = new Map(readable.map((row) => [row.id, row]))
  const lost = unreadable.map(({ id, error }) =>
    refusal(id, `cannot be read here: ${error.details.problem}`, error.fix),
  )
  const isLost = (id: string) => unreadable.some((row) => row.id === id)
  const isDeclared = (id: string) => code.declared.some(({ change }) => change.id === id)
  return [
    ...lost,
    ...code.declared
      .filter(({ change }) => !isLost(change.id))
      .flatMap((declared) => findingsOfDeclared(declared, rows.get(declared.change.id), recorded)),
    ...readable.filter(({ id }) => !isDeclared(id)).flatMap((row) => findingsOfUndeclared(row, code, recorded)),
  ]
}

function findingsOfDeclared(
  { change, sides }: DeclaredChange,
  row: ChangeRow | undefined,
  { hasColumn }: Recorded,
): readonly Finding[] {
  const { id } = change
  if (row === undefined) {
    const missing = sides.next.find(({ name }) => !hasColumn(sides.table, name))
    if (missing === undefined) return []
    return [
      refusal(
        id,
        `has not been migrated here: column ${sides.table.name}.${missing.name} does not exist`,
        'Run `npx expand-contract migrate` before this build is deployed.',
      ),
    ]
  }
  const differing = differences(row.declaration, recordedDeclaration(change, sides))
  if (differing.length > 0) {
    return [
      refusal(
        id,
        `is declared differently from what this database recorded (${differing.join('; ')})`,
        'Restore the declaration; another change takes another id.',
      ),
    ]
  }
  if (row.phase === 'abandoned') return [note(id, 'was abandoned here', 'Delete its declaration and its new column.')]
  if (row.droppedAt !== null) {
    return [note(id, 'has ended here', 'Delete its declaration and its old column, once it has ended everywhere.')]
  }
  return []
}

function findingsOfUndeclared(row: ChangeRow, { tables }: Code, { hasColumn }: Recorded): readonly Finding[] {
  const { schema, table: name, old, new: next } = row.declaration
  const table = tables.find((candidate) => candidate.schema === schema && candidate.name === name)
  if (table === undefined) return []
  const columns = new Set([...table.columns.values()].map((column) => column.name))
  if (hasEnded(row)) {
    const gone = (row.phase === 'abandoned' ? next : old).find((column) => columns.has(column))
    if (gone === undefined || hasColumn(table, gone)) return []
    return [refusal(row.id, `has ended here, and this build still names ${name}.${gone}`, 'Deploy a younger build.')]
  }
  const where = `is in "${row.phase}" here`
  if (forgottenColumn(row.declaration, tables) !== undefined || next.every((column) => columns.has(column))) {
    return [
      refusal(
        row.id,
        `${where}, and this build has deleted its declaration before the old column was dropped`,
        'Restore the declaration and the old key; delete both once the column has been dropped in every environment.',
      ),
    ]
  }
  const harm = harmToUnaware(row)
  return harm === undefined
    ? [
        note(
          row.id,
          `${where}, and this build does not know it; that is harmless so far`,
          'Deploy a build that declares it before the change goes on.',
        ),
      ]
    : [
        refusal(
          row.id,
          `${where}, and this build does not know it: ${harm}`,
          'Deploy a build that declares the change; `status` names the oldest release that does.',
        ),
      ]
}

function refusal(change: string, problem: string, fix: string): Finding {
  return { change, refuses: true, problem, fix }
}

function note(change: string, problem: string, fix: string): Finding {
  return { change, refuses: false, problem, fix }
}
