import type { AnyChange } from '../change/change.ts'
import { type ForwardStep, type Step, steps } from '../change/step.ts'
import { withoutColumns } from '../drizzle/column-parts.ts'
import { type Kit, loadKit } from '../drizzle/kit.ts'
import {
  migrationFile,
  type NewMigration,
  planMigrations,
  readKitFolder,
  writeMigrations,
} from '../drizzle/kit-folder.ts'
import { statementBreakpoint } from '../drizzle/migration-folder.ts'
import type { Casing } from '../drizzle/physical-table.ts'
import { describesSameSchema, type Snapshot } from '../drizzle/snapshot.ts'
import { failure } from '../errors/index.ts'
import { changeToAbandon, notesOfAbandoning, voidSteps, withoutNewSide } from './abandon.ts'
import { refuseAmbiguity } from './ambiguities.ts'
import { type ChangeContext, changeContext } from './change-context.ts'
import { type GeneratedChange, generatedChanges } from './generated-changes.ts'
import { forCount, quotedList } from './in-words.ts'
import { leavingChanges } from './leaving-changes.ts'
import { migrationName } from './migration-name.ts'
import { notesOf } from './notes.ts'
import { refuseChangesOfOldSides, refuseMovedParts } from './old-side.ts'
import { layersOf, pendingChanges } from './pending-changes.ts'
import { refuseUnlessExpandable } from './refusals.ts'
import { comment } from './sql-file.ts'
import { abandonFile } from './steps/abandon.ts'
import { dropFile } from './steps/drop.ts'
import { expandFile } from './steps/expand.ts'
import { handoverFile } from './steps/handover.ts'
import { retireFile } from './steps/retire.ts'

export interface GenerateInput {
  /** The migration folder, drizzle-kit's `out`; made where it does not exist. */
  readonly folder: string
  /** What the user's schema files export. */
  readonly schema: Readonly<Record<string, unknown>>
  readonly changes: readonly AnyChange[]
  readonly casing?: Casing
  /** Name of the ordinary migration. Default: made of the tables that it touches. */
  readonly name?: string
  /** Id of a change to be given up; its new key and its declaration have left the code already. */
  readonly abandon?: string
  /** Work everything out and write nothing. Default: `false`. */
  readonly dryRun?: boolean
}

export interface GenerateResult {
  /** In the order in which they are applied; empty where the migrations say what the schema says. */
  readonly files: readonly GeneratedFile[]
  /** What the author of a change should know and no error is: one sentence each. */
  readonly notes: readonly string[]
}

export interface GeneratedFile {
  readonly path: string
  readonly tag: string
  readonly text: string
  readonly step?: Step
  readonly changeId?: string
  /** The file was there before, and nothing is left of its step. */
  readonly emptied?: true
}

/** A migration, and the step that it is of which change. */
interface Draft extends NewMigration {
  readonly step?: Step
  readonly changeId?: string
}

/**
 * Writes the migrations that lead from the folder's last snapshot to the schema.
 *
 * 1. What belongs to the new column of a change without files is taken out of the schema, and the old columns that drop
 *    steps in the folder have removed are taken out of the last snapshot.
 * 2. The difference of the two is an ordinary migration, as drizzle-kit writes it.
 * 3. Each change without files gets its four steps. A change to be given up gets its fifth, and the later ones of the four
 *    are emptied.
 *
 * Every snapshot that is written equals the schema. A second run writes nothing.
 *
 * @throws ExpandContractError EC_GENERATE, EC_OPTION_INVALID, with nothing written.
 */
export async function generateMigrations(input: GenerateInput): Promise<GenerateResult> {
  refuseUnlessFileName(input.name)
  const folder = readKitFolder(input.folder)
  const kit = await loadKit()
  const declared = await kit.describe(input.schema, input.casing)
  const generated = generatedChanges(folder)
  const { changes } = input
  const abandoned =
    input.abandon === undefined ? undefined : changeToAbandon(input.abandon, { folder, declared, changes, generated })
  const pending = pendingChanges(changes, input.casing, declared, generated)

  const latest = abandoned === undefined ? folder.latest : withoutNewSide(folder.latest, abandoned)
  const open = [...generated.values()].filter(({ isClosed }) => !isClosed)
  const leaving = leavingChanges(
    changes,
    latest,
    declared,
    open.filter((change) => change !== abandoned),
  )
  refuseChangesOfOldSides(latest, declared, open)
  refuseMovedParts(latest, declared, pending)
  const layers = layersOf(declared, pending)
  const contexts = pending.map(({ change, sides }, index) => changeContext(kit, layers[index + 1]!, change, sides))
  for (const context of contexts) refuseUnlessExpandable(context, latest)

  const drafts: Draft[] = await ordinaryMigration(input, kit, latest, layers[0]!, declared, leaving)
  if (abandoned !== undefined) drafts.push(await abandonMigration(kit, abandoned, declared))
  drafts.push(...(await stepMigrations(contexts, declared)))

  const planned = planMigrations(folder, drafts)
  const voided = abandoned === undefined ? [] : voidSteps(abandoned)
  if (!input.dryRun && planned.length > 0) writeMigrations(folder, planned, voided)
  return {
    files: [
      ...voided.map(({ tag, text, step }): GeneratedFile => {
        return { path: migrationFile(folder.path, tag), tag, text, step, changeId: abandoned!.id, emptied: true }
      }),
      ...planned.map(({ file, entry, text }, index): GeneratedFile => {
        const { step, changeId } = drafts[index]!
        return { path: file, tag: entry.tag, text, ...(step && { step }), ...(changeId && { changeId }) }
      }),
    ],
    notes: [...contexts.flatMap(notesOf), ...(abandoned === undefined ? [] : notesOfAbandoning(abandoned))],
  }
}

async function abandonMigration(kit: Kit, change: GeneratedChange, snapshot: Snapshot): Promise<Draft> {
  const { id: changeId } = change
  const text = await abandonFile(kit, change, snapshot)
  return { name: `${changeId}_abandon`, text, snapshot, step: 'abandon', changeId }
}

function refuseUnlessFileName(name: string | undefined): void {
  if (name === undefined || /^\w[\w.-]*$/.test(name)) return
  throw failure('EC_OPTION_INVALID', {
    option: '--name',
    problem: `${JSON.stringify(name)} becomes part of a file name, so it takes letters, digits, "_", "-" and "." only.`,
  })
}

/** What drizzle-kit would have written, had the new columns not been declared yet and the dropped ones never been there. */
async function ordinaryMigration(
  { schema, casing, name }: GenerateInput,
  kit: Kit,
  latest: Snapshot,
  target: Snapshot,
  declared: Snapshot,
  leaving: readonly GeneratedChange[],
): Promise<Draft[]> {
  const from = leaving.reduce(
    (snapshot, { declaration: { schema: tableSchema, table, old } }) =>
      withoutColumns(snapshot, { schema: tableSchema, name: table }, old),
    latest,
  )
  refuseAmbiguity(from, target, schema, casing)
  const statements = await kit.diff(from, target)
  if (statements.length > 0) {
    const text = statements.join(`${statementBreakpoint}\n`)
    return [{ name: name ?? migrationName(from, target), text, snapshot: declared }]
  }
  if (leaving.length === 0 || describesSameSchema(latest, declared)) return []
  const ids = leaving.map(({ id }) => id).join('_')
  return [{ name: name ?? `${ids}_closed`, text: `${leaving.map(closingComment).join('\n')}\n`, snapshot: declared }]
}

function closingComment({ declaration, tags }: GeneratedChange): string {
  return comment(
    `Nothing to run: ${quotedList(declaration.old)} of table "${declaration.table}" ${forCount(declaration.old, 'was', 'were')} dropped by ${tags.drop}. The snapshot of this migration no longer has ${forCount(declaration.old, 'it', 'them')}.`,
  )
}

const writeStep: Readonly<Record<ForwardStep, (context: ChangeContext) => Promise<string>>> = {
  expand: expandFile,
  handover: handoverFile,
  retire: retireFile,
  drop: dropFile,
}

/**
 * Step by step, not change by change: an index of two new columns is made by the expand step of the later change, which
 * must not come after the deferred steps of the earlier one.
 */
async function stepMigrations(contexts: readonly ChangeContext[], snapshot: Snapshot): Promise<readonly Draft[]> {
  const drafts: Draft[] = []
  for (const step of steps) {
    for (const context of contexts) {
      const { id } = context.change
      drafts.push({ name: `${id}_${step}`, text: await writeStep[step](context), snapshot, step, changeId: id })
    }
  }
  return drafts
}
