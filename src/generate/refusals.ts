import type { Sides } from '../change/sides.ts'
import { type ColumnParts, uniqueNames } from '../drizzle/column-parts.ts'
import { type Snapshot, tableKey } from '../drizzle/snapshot.ts'
import { failure, quotedNames } from '../errors/index.ts'
import type { ChangeContext } from './change-context.ts'
import { forCount, quotedColumns } from './in-words.ts'

/** Why no steps can be written for a change, and what to do about it; the first that holds is reported. */
const rules: readonly ((context: ChangeContext, previous: Snapshot) => Refusal | undefined)[] = [
  /** The steps add the columns as the trigger needs them: without default, and NULL until they are filled. */
  ({ sides }, previous) =>
    refused(
      sides.next
        .filter(({ name }) => previous.tables[tableKey(sides.table)]?.columns[name] !== undefined)
        .map(({ name }) => name),
      (columns) => ({
        problem: `its new column ${columns} is in the migrations already, added by one that knows nothing of the change`,
        advice: `If that migration has been applied nowhere, remove its file, snapshot and journal entry and generate again. Otherwise take the column out of the schema, generate and migrate, then put column and declaration back together.`,
      }),
    ),
  ({ sides, old }) =>
    refused(Object.keys(old.views), (views) => ({
      problem: `view ${views} reads ${quotedColumns(sides.old)}, which the drop step could not remove from under it`,
      advice: `Take the view out of the schema first (or let it read other columns), and add it again, reading ${quotedColumns(sides.next)}, in a later migration.`,
    })),
  ({ sides, old, next }) =>
    refused(
      Object.keys(old.policies).filter((key) => next.policies[key] !== undefined),
      (policies) => ({
        problem: `policy ${policies} decides by both ${quotedColumns(sides.old)} and ${quotedColumns(sides.next)}, so it could neither stay nor go`,
        advice: `Split it into two policies: one that decides by ${quotedColumns(sides.old)}, one that says the same of ${quotedColumns(sides.next)}.`,
      }),
    ),
  ({ sides, old, next }) =>
    Object.keys(next.policies).length > 0
      ? undefined
      : refused(Object.keys(old.policies), (policies) => ({
          problem: `policy ${policies} decides by ${quotedColumns(sides.old)}, and no policy by ${quotedColumns(sides.next)} would take its place`,
          advice: `Add a policy of another name that says the same of ${quotedColumns(sides.next)}. It takes the place of the other one when ${forCount(sides.next, 'the column is', 'the columns are')} filled.`,
        })),
  /** A unique index has to stay up to new-only, since upserts find their conflict by it; the others go at the handover. */
  ({ change, sides, old }) =>
    change.copyBack
      ? undefined
      : refused(uniqueBeyondOneValue(old), (names) => ({
          problem: `unique ${names} would refuse rows in which ${quotedColumns(sides.old)} ${forCount(sides.old, 'is', 'are')} not written any more: ${change.sync === 'none' ? 'without a sync trigger' : 'with copy-back off'} it becomes NULL, or stays behind while other columns change`,
          advice: withoutUnique(change.sync, sides.old),
        })),
  /** Without a trigger there is no other way, so it is a note there. */
  ({ change, sides, old }) =>
    change.copyBack || change.sync === 'none'
      ? undefined
      : refused(uniqueNames(old), (names) => ({
          problem: `unique ${names} would refuse values that have moved from row to row while ${quotedColumns(sides.old)} ${forCount(sides.old, 'was', 'were')} not written: to \`back\` while it fills, and to repositories that write both again`,
          advice: withoutUnique(change.sync, sides.old),
        })),
  ({ sides, old, next }) => incoming(old, sides.old) ?? incoming(next, sides.next),
  ({ old, next }) => writtenByForeignKey(old) ?? writtenByForeignKey(next),
  ({ sides, old, next }) => computed(old, sides.old) ?? computed(next, sides.next),
]

function withoutUnique(sync: 'trigger' | 'none', old: Sides['old']): string {
  return `Let the change have copy-back${sync === 'none' ? ' (and so the sync trigger)' : ''}; it costs ${forCount(old, 'one more column', `${old.length} more columns`)} per write. Or take the uniqueness of ${quotedColumns(old)} away in a migration before, if nothing relies on it.`
}

interface Refusal {
  readonly problem: string
  readonly advice: string
}

/** @throws ExpandContractError EC_GENERATE naming the first object that stands in the way of the change. */
export function refuseUnlessExpandable(context: ChangeContext, previous: Snapshot): void {
  for (const rule of rules) {
    const refusal = rule(context, previous)
    if (refusal !== undefined) {
      const problem = `No migrations can be written for change "${context.change.id}": ${refusal.problem}.`
      throw failure('EC_GENERATE', { problem, advice: refusal.advice })
    }
  }
}

/** Unique over more than the column's own value, or with NULL as a value like any other. */
function uniqueBeyondOneValue({ uniqueConstraints, indexes }: ColumnParts): readonly string[] {
  return [
    ...Object.values(uniqueConstraints).filter(
      ({ columns, nullsNotDistinct }) => nullsNotDistinct || columns.length > 1,
    ),
    ...Object.values(indexes).filter(
      ({ isUnique, columns, where }) =>
        isUnique && (columns.length > 1 || where !== undefined || columns.some(({ isExpression }) => isExpression)),
    ),
  ].map(({ name }) => name)
}

function incoming({ incomingForeignKeys }: ColumnParts, columns: Sides['old']): Refusal | undefined {
  return refused(incomingForeignKeys, (foreignKeys) => ({
    problem: `foreign key ${foreignKeys} refers to ${quotedColumns(columns)}`,
    advice:
      'Let the foreign key refer to another column (the primary key) first. One to the new side can be added after the drop.',
  }))
}

/**
 * What a foreign key does to the rows that refer is an UPDATE of its own column alone, which the sync trigger refuses in
 * one mode or the other: then the row that they refer to could not be deleted or changed.
 */
function writtenByForeignKey({ foreignKeys }: ColumnParts): Refusal | undefined {
  const writing = Object.values(foreignKeys).filter(
    ({ onDelete, onUpdate }) => writesOne(onDelete) || writesOne(onUpdate) || onUpdate === 'cascade',
  )
  return refused(
    writing.map(({ name }) => name),
    (names) => ({
      problem: `foreign key ${names} would write a column of the change by itself when the row that it refers to is deleted or gets another key (ON DELETE or ON UPDATE)`,
      advice:
        'Take the action off in a migration before (`no action`; `cascade` may stay for ON DELETE), and let the application write the column first where it deletes. The foreign key of the new column can have it back after the drop.',
    }),
  )
}

function writesOne(action: string | undefined): boolean {
  return action === 'set null' || action === 'set default'
}

function computed({ generatedColumns }: ColumnParts, from: Sides['old']): Refusal | undefined {
  return refused(generatedColumns, (columns) => ({
    problem: `generated column ${columns} is computed from ${quotedColumns(from)}`,
    advice:
      'Take the generated column out of the schema until the change has ended; computing it again rewrites the table anyway.',
  }))
}

function refused(names: readonly string[], refusal: (names: string) => Refusal): Refusal | undefined {
  return names.length === 0 ? undefined : refusal(quotedNames(names))
}
