import type { PhysicalColumn } from '../drizzle/physical-table.ts'
import type { TriggerMode } from '../phase/phase.ts'
import { dollarQuoted } from '../sql/dollar-quote.ts'
import { identifier, literal, type QualifiedName, qualified } from '../sql/identifier.ts'
import { disagree } from './agreement.ts'
import { syncNames } from './names.ts'

/** The names that the triggers are made of, for a change whose declaration may be gone from the code. */
export interface TriggerSides {
  readonly table: QualifiedName
  readonly old: Pick<PhysicalColumn, 'name' | 'sqlType'>
  readonly next: Pick<PhysicalColumn, 'name'>
}

/** How the sync triggers of a change are to be set. */
export interface SyncSetting {
  readonly mode: TriggerMode
  /** False where old may be behind new: with copy-back off, or until a gap in it has been mended. */
  readonly copyBack: boolean
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
 */
export function createSyncTriggers(changeId: string, sides: TriggerSides, setting: SyncSetting): readonly string[] {
  const { insertTrigger, updateTrigger, namedTrigger, function: syncFunction } = syncNames(changeId)
  const [old, next] = [identifier(sides.old.name), identifier(sides.next.name)]
  const create = (name: string, event: string, conditions: readonly string[], marks: readonly string[] = []): string =>
    `CREATE OR REPLACE TRIGGER ${identifier(name)} BEFORE ${event} ON ${qualified(sides.table)} FOR EACH ROW
WHEN (${conditions.join(' AND ')})
EXECUTE FUNCTION ${syncFunction}(${[setting.mode, ...marks].map(literal).join(', ')})`
  const changes = (name: string): string => disagree(`OLD.${name}`, `NEW.${name}`, sides.old)
  const sidesDisagree = disagree(`NEW.${old}`, `NEW.${next}`, sides.old)
  const leavesOld = setting.mode === 'forward' || setting.mode === 'fence'
  const named = comparesNames(setting) ? [namedTrigger] : []
  return [
    create(insertTrigger, 'INSERT', leavesOld ? [`NEW.${old} IS DISTINCT FROM NULL`, sidesDisagree] : [sidesDisagree]),
    create(updateTrigger, 'UPDATE', leavesOld ? [changes(old), sidesDisagree] : [sidesDisagree]),
    ...named.map((name) =>
      create(
        name,
        `UPDATE OF ${old}`,
        [`NOT (${changes(old)})`, `NOT (${changes(next)})`, sidesDisagree],
        [namedArgument],
      ),
    ),
    enableAlways(sides, [insertTrigger, updateTrigger, ...named]),
  ]
}

/** Second argument of the trigger that looks at names: the function takes what it sees for a write of old alone. */
export const namedArgument = 'named'

export function enableAlways(sides: TriggerSides, triggers: readonly string[]): string {
  const actions = triggers.map((trigger) => `ENABLE ALWAYS TRIGGER ${identifier(trigger)}`)
  return `ALTER TABLE ${qualified(sides.table)} ${actions.join(', ')}`
}

/**
 * Puts the trigger that looks at names to rest, where there is one. Dropping it would take ACCESS EXCLUSIVE and wait for
 * readers too; it goes with the others in the drop step.
 */
export function disableNamedTrigger(changeId: string, { table }: TriggerSides): string {
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
