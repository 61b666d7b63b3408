import type { Sides } from '../change/sides.ts'
import type { TriggerMode } from '../phase/phase.ts'
import { identifier, qualified } from '../sql/identifier.ts'
import { disagree } from './agreement.ts'
import { syncNames } from './names.ts'

/**
 * Creates the sync triggers of a change, or replaces them to switch their mode. SHARE ROW EXCLUSIVE on the table and its
 * partitions: waits for open writers and holds up new ones, not readers.
 *
 * The mode is an argument of the trigger and not looked up, nor part of the function: under the lock no statement sees
 * two modes. There is no column list, since `UPDATE OF` misses what other BEFORE triggers change. Rows whose sides agree
 * cost one evaluation of WHEN, whose first test decides for them. A replaced trigger is enabled in the ordinary way
 * again, which `session_replication_role = replica` passes by; hence ENABLE ALWAYS, every time.
 */
export function createSyncTriggers(changeId: string, sides: Sides, mode: TriggerMode): readonly string[] {
  const { insertTrigger, updateTrigger, function: syncFunction } = syncNames(changeId)
  const table = qualified(sides.table)
  const [old, next] = [identifier(sides.old.name), identifier(sides.next.name)]
  const sidesDisagree = disagree(`NEW.${old}`, `NEW.${next}`, sides.old)
  const changed = (column: string): string => disagree(`OLD.${column}`, `NEW.${column}`, sides.old)
  const trigger = (name: string, event: string, condition: string): string =>
    `CREATE OR REPLACE TRIGGER ${identifier(name)} BEFORE ${event} ON ${table} FOR EACH ROW
WHEN (${condition})
EXECUTE FUNCTION ${syncFunction}('${mode}')`
  return [
    trigger(insertTrigger, 'INSERT', sidesDisagree),
    trigger(updateTrigger, 'UPDATE', `${sidesDisagree} AND (${changed(old)} OR ${changed(next)})`),
    enableAlways(sides, [insertTrigger, updateTrigger]),
  ]
}

export function enableAlways(sides: Sides, triggers: readonly string[]): string {
  const actions = triggers.map((trigger) => `ENABLE ALWAYS TRIGGER ${identifier(trigger)}`)
  return `ALTER TABLE ${qualified(sides.table)} ${actions.join(', ')}`
}
