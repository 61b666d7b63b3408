import type { TriggerMode } from '../phase/phase.ts'
import { dollarQuoted } from '../sql/dollar-quote.ts'
import { identifier, literal, type QualifiedName, qualified } from '../sql/identifier.ts'
import { anyDiffers, anyGiven, type ComparedColumn, type ComparedSides, disagree, valuesOf } from './agreement.ts'
import { syncNames } from './names.ts'

/** The names that the triggers are made of, for a change whose declaration may be gone from the code. */
export interface TriggerSides extends ComparedSides {
  readonly table: QualifiedName
}

/** How the sync triggers of a change are to be set. */
export interface SyncSetting {
  readonly mode: TriggerMode
  /** False where old may be behind new: with copy-back off, or until a gap in it has been mended. */
  readonly copyBack: boolean
  /**
   * Where the transform rejects what a writer gives to old, new stays empty, the row goes to quarantine, and the write
   * succeeds. Default: `false`, such a write fails. Without meaning for a transform that cannot raise.
   */
  readonly lenient?: boolean
}

/**
 * True where a write to old alone may leave no trace in the values: old is behind, and a writer who knows nothing of new
 * writes the very value that it still holds. In mode `old` it never is.
 */
export function comparesNames({ mode, copyBack }: SyncSetting): boolean {
  return !copyBack && mode !== 'old'
}

/**
 * Creates the sync triggers of a change, or replaces them to switch their mode. SHARE ROW EXCLUSIVE on the table and its
 * partitions: waits for open writers and holds up new ones, not readers.
 *
 * The mode is an argument of the trigger and not looked up, nor part of the function: under the lock no statement sees
 * two modes. There is no column list, since `UPDATE OF` misses what other BEFORE triggers change. A replaced trigger is
 * enabled in the ordinary way again, which `session_replication_role = replica` passes by; hence ENABLE ALWAYS, every time.
 *
 * Rows whose sides agree pay for WHEN only. PostgreSQL parses the stored condition anew for every statement, so it is kept
 * short: measured, a prepared update by key takes 4 % more time with it, and 10 % with a test of what has changed besides.
 * That test is left to the function, which rows pay for that are not filled yet. Without copy-back the sides of most rows
 * disagree in the end, so there it is worth its price: what writes new alone does not call the function.
 *
 * A transform that may raise is kept out of WHEN, where nothing could catch it: there WHEN asks what has changed, and the
 * function whether the sides disagree.
 */
export function createSyncTriggers(changeId: string, sides: TriggerSides, setting: SyncSetting): readonly string[] {
  const { insertTrigger, updateTrigger, namedTrigger, function: syncFunction } = syncNames(changeId)
  const { old, next, transform } = sides
  const [before, after] = [valuesOf(sides, 'OLD'), valuesOf(sides, 'NEW')]
  const create = (
    name: string,
    event: string,
    conditions: readonly string[],
    marks: readonly string[] = [],
  ): string => {
    const marked = [setting.mode, ...leniencyArgument(sides, setting), ...marks]
    return `CREATE OR REPLACE TRIGGER ${identifier(name)} BEFORE ${event} ON ${qualified(sides.table)} FOR EACH ROW${
      conditions.length === 0 ? '' : `\nWHEN (${conditions.join(' AND ')})`
    }
EXECUTE FUNCTION ${syncFunction}(${marked.map(literal).join(', ')})`
  }
  const changesOld = anyDiffers(before.old, after.old, old)
  const changesNew = anyDiffers(before.next, after.next, next)
  const sidesDisagree = transform.mayRaise ? [] : [disagreement(changeId, sides, setting.mode)]
  const changesASide = transform.mayRaise ? [`(${changesOld} OR ${changesNew})`] : []
  const leavesOld = setting.mode === 'forward' || setting.mode === 'fence'
  const named = comparesNames(setting) ? [namedTrigger] : []
  return [
    create(insertTrigger, 'INSERT', leavesOld ? [anyGiven(after.old), ...sidesDisagree] : sidesDisagree),
    create(
      updateTrigger,
      'UPDATE',
      leavesOld ? [among(old, changesOld), ...sidesDisagree] : [...changesASide, ...sidesDisagree],
    ),
    ...named.map((name) =>
      create(
        name,
        `UPDATE OF ${old.map((column) => identifier(column.name)).join(', ')}`,
        [`NOT (${changesOld})`, `NOT (${changesNew})`, ...sidesDisagree],
        [namedArgument],
      ),
    ),
    enableAlways(sides, [insertTrigger, updateTrigger, ...named]),
  ]
}

/** As `disagree`; that of a rename with old first, as it stands in migration files. */
function disagreement(changeId: string, sides: TriggerSides, mode: TriggerMode): string {
  const values = valuesOf(sides, 'NEW')
  if (sides.transform.isIdentity) return anyDiffers(values.old, values.next, sides.old)
  return disagree(changeId, sides, values, mode === 'old' ? 'old' : 'new')
}

/** An alternative of several columns, as a part of a longer condition. */
function among(columns: readonly ComparedColumn[], condition: string): string {
  return columns.length > 1 ? `(${condition})` : condition
}

/** An argument of the triggers of a transform that may raise. */
const leniencies = { true: 'lenient', false: 'strict' } as const

function leniencyArgument({ transform }: Pick<TriggerSides, 'transform'>, { lenient = false }: SyncSetting): string[] {
  return transform.mayRaise ? [leniencies[`${lenient}`]] : []
}

/** SQL, in the function of a transform that may raise: whether a value that it rejects may be written. */
export const isLenientCall = `'${leniencies.true}' = ANY (TG_ARGV)`

/** Whether triggers with these arguments let such a value be written. */
export function isLenientBy(triggerArguments: readonly string[]): boolean {
  return triggerArguments.includes(leniencies.true)
}

/** An argument of the trigger that looks at names: the function takes what it sees for a write of old alone. */
const namedArgument = 'named'

/** SQL, in the function: whether it is called by the trigger that looks at names; that of a rename as it stands in migration files. */
export function isNamedCall({ transform }: Pick<TriggerSides, 'transform'>): string {
  return transform.isIdentity ? `TG_ARGV[1] = '${namedArgument}'` : `'${namedArgument}' = ANY (TG_ARGV)`
}

export function enableAlways(sides: Pick<TriggerSides, 'table'>, triggers: readonly string[]): string {
  const actions = triggers.map((trigger) => `ENABLE ALWAYS TRIGGER ${identifier(trigger)}`)
  return `ALTER TABLE ${qualified(sides.table)} ${actions.join(', ')}`
}

/**
 * Puts the trigger that looks at names to rest, where there is one. Dropping it would take ACCESS EXCLUSIVE and wait for
 * readers too; it goes with the others in the drop step.
 */
export function disableNamedTrigger(changeId: string, { table }: Pick<TriggerSides, 'table'>): string {
  const { namedTrigger } = syncNames(changeId)
  return `DO ${dollarQuoted(
    `BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_trigger
              WHERE tgrelid = ${literal(qualified(table))}::regclass AND tgname = ${literal(namedTrigger)}) THEN
    ALTER TABLE ${qualified(table)} DISABLE TRIGGER ${identifier(namedTrigger)};
  END IF;
END`,
    'names',
  )}`
}
