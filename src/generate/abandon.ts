import type { AnyChange } from '../change/change.ts'
import type { ForwardStep } from '../change/step.ts'
import { type ColumnParts, columnParts, withoutColumns } from '../drizzle/column-parts.ts'
import type { KitFolder, RewrittenMigration } from '../drizzle/kit-folder.ts'
import { type Snapshot, type TableSnapshot, tableKey } from '../drizzle/snapshot.ts'
import { failure, quotedNames } from '../errors/index.ts'
import { type GeneratedChange, hasColumns } from './generated-changes.ts'
import { forCount, quotedList } from './in-words.ts'
import { voidStepFile } from './step-file.ts'

/** What a change is looked for in, and what its code is now. */
interface Abandoning {
  readonly folder: KitFolder
  readonly declared: Snapshot
  readonly changes: readonly AnyChange[]
  readonly generated: ReadonlyMap<string, GeneratedChange>
}

/** Why the steps that give a change up cannot be written, and what to do about it; the first that holds is reported. */
const rules: readonly ((change: GeneratedChange, abandoning: Abandoning) => Refusal | undefined)[] = [
  ({ isClosed, tags }) =>
    isClosed
      ? {
          problem: `it has ended on the new side: ${tags.drop} has dropped the old column, and the schema has given it up`,
          advice: 'A rename back is a change of its own: declare one from the new name to the old one.',
        }
      : undefined,
  ({ id, declaration }, { changes, declared }) => {
    const columns = declaration.new.filter((column) => hasColumns(declared, declaration, [column]))
    const remains = [
      ...(columns.length > 0
        ? [`${forCount(columns, 'column', 'columns')} ${quotedList(columns)} of table "${declaration.table}"`]
        : []),
      ...(changes.some((change) => change.id === id) ? ['its declaration'] : []),
    ]
    return remains.length === 0
      ? undefined
      : {
          problem: `the code still has ${remains.join(' and ')}, and a release of it would ask for a column that is about to go`,
          advice:
            'Delete the new key and the declaration together, let the code use the old key, and repeat the command: one pull request. `migrate` removes the column when no process declares the change any more.',
        }
  },
  ({ declaration }, { declared }) =>
    hasColumns(declared, declaration, declaration.old)
      ? undefined
      : {
          problem: `the schema has no ${forCount(declaration.old, 'column', 'columns')} ${quotedList(declaration.old)} in table "${declaration.table}" any more, the side that stays`,
          advice:
            'Put it back. If the column or its table is to go too, remove it in a later migration, when no release uses it.',
        },
  ({ declaration }, { folder, declared }) =>
    refusal(keptParts(folder.latest, declared, declaration), (names) => ({
      problem: `${names} belongs to the new column in the migrations and to other columns in the schema, so it would have to be made before it has gone`,
      advice: 'Take it out of the schema (or rename it), repeat the command, and add it again in a later migration.',
    })),
  (change, { folder, generated }) => {
    const later = laterChanges(change, folder, generated).find(
      (other) => sharedParts(folder.latest, change, other).length > 0,
    )
    return later === undefined
      ? undefined
      : {
          problem: `"${sharedParts(folder.latest, change, later).join('", "')}" belongs to the new column of change "${later.id}" too, whose later steps need it`,
          advice: `Let change "${later.id}" end first, or give it up first.`,
        }
  },
]

interface Refusal {
  readonly problem: string
  readonly advice: string
}

/**
 * The change that is to be given up; undefined where its abandon step is in the folder already.
 *
 * @throws ExpandContractError EC_GENERATE where it has no files or has ended, and while the code still has its new side.
 */
export function changeToAbandon(id: string, abandoning: Abandoning): GeneratedChange | undefined {
  const change = abandoning.generated.get(id)
  if (change === undefined) {
    const known = [...abandoning.generated.keys()].join(', ')
    throw failure('EC_GENERATE', {
      problem: `There are no migration files of change "${id}" in ${abandoning.folder.path}, so nothing of it has to be removed.`,
      advice: known === '' ? 'Delete its declaration and its new key.' : `There are files of: ${known}.`,
    })
  }
  if (change.tags.abandon !== undefined) return undefined
  for (const rule of rules) {
    const found = rule(change, abandoning)
    if (found === undefined) continue
    throw failure('EC_GENERATE', {
      problem: `Change "${id}" cannot be abandoned now: ${found.problem}.`,
      advice: found.advice,
    })
  }
  return change
}

/** The snapshot as a database is in which the abandon step has run. */
export function withoutNewSide(snapshot: Snapshot, { declaration }: GeneratedChange): Snapshot {
  return withoutColumns(snapshot, tableOf(declaration), declaration.new)
}

interface VoidedStep extends RewrittenMigration {
  readonly step: ForwardStep
}

/** The later steps of the change, emptied: a database that is made from the folder must not take them. */
export function voidSteps({ id, declaration, tags }: GeneratedChange): readonly VoidedStep[] {
  const why =
    'Nothing to run: the change was given up before this step. A later migration removes what its expand step added.'
  const later: readonly ForwardStep[] = ['handover', 'retire', 'drop']
  return later.map((step) => ({
    tag: tags[step],
    step,
    text: voidStepFile({ changeId: id, step }, declaration, why),
  }))
}

/** What the author of the change has to see to, where no file can. */
export function notesOfAbandoning({ id, declaration, tags }: GeneratedChange): readonly string[] {
  const columns = `${quotedList(declaration.new)} of table "${declaration.table}"`
  return [
    `Change "${id}": ${columns} ${forCount(declaration.new, 'leaves', 'leave')} a database when its change is "expanded" or "abandoned" there and no process declares it any more; until then \`migrate\` defers the step. So run \`migrate\` once more when the new release has taken over.`,
    `Change "${id}": where ${tags.handover} has been applied already (reads were on the new side), the step will never run. \`npx expand-contract history ${id}\` tells it of each environment, from a release that declares the change: no line \`step\` may stand in it in "read-new" or later. A database that was made from scratch with all steps at once is made anew.`,
  ]
}

type Declaration = GeneratedChange['declaration']
type PartGroup = 'indexes' | 'uniqueConstraints' | 'checkConstraints' | 'foreignKeys'

/** Parts that a database has of an expanded column; policies and views come with the handover. */
const partGroups: readonly PartGroup[] = ['indexes', 'uniqueConstraints', 'checkConstraints', 'foreignKeys']

function tableOf({ schema, table }: Declaration) {
  return { schema, name: table }
}

function namesOfParts(snapshot: Snapshot, declaration: Declaration): readonly string[] {
  const parts: ColumnParts | undefined = columnParts(snapshot, tableOf(declaration), declaration.new)
  return partGroups.flatMap((group) => Object.values(parts?.[group] ?? {}).map(({ name }) => name))
}

/** Names of the new column's indexes and constraints that the schema goes on using. */
function keptParts(latest: Snapshot, declared: Snapshot, declaration: Declaration): readonly string[] {
  const table: TableSnapshot | undefined = declared.tables[tableKey(tableOf(declaration))]
  const kept = new Set(partGroups.flatMap((group) => Object.values(table?.[group] ?? {}).map(({ name }) => name)))
  return namesOfParts(latest, declaration).filter((name) => kept.has(name))
}

/** Open changes of the same table whose files are younger: what they share with this one is made by their steps. */
function laterChanges(
  { declaration: { schema, table }, tags }: GeneratedChange,
  { entries }: KitFolder,
  generated: Abandoning['generated'],
): readonly GeneratedChange[] {
  const positionOf = (tag: string) => entries.findIndex((entry) => entry.tag === tag)
  return [...generated.values()].filter(
    (other) =>
      !other.isClosed &&
      other.declaration.schema === schema &&
      other.declaration.table === table &&
      positionOf(other.tags.expand) > positionOf(tags.expand),
  )
}

function sharedParts(latest: Snapshot, change: GeneratedChange, other: GeneratedChange): readonly string[] {
  const used = new Set(namesOfParts(latest, other.declaration))
  return namesOfParts(latest, change.declaration).filter((name) => used.has(name))
}

function refusal(names: readonly string[], of: (names: string) => Refusal): Refusal | undefined {
  return names.length === 0 ? undefined : of(quotedNames(names))
}
