import type { PhysicalColumn } from '../drizzle/physical-table.ts'
import type { TriggerMode } from '../phase/phase.ts'
import { identifier, type QualifiedName, qualified } from '../sql/identifier.ts'
import { disagree } from './agreement.ts'
import { syncNames } from './names.ts'

/** The names that the triggers are made of, for a change whose declaration may be gone from the code. */
export interface TriggerSides {
  readonly table: QualifiedName
  readonly old: Pick<PhysicalColumn, 'name' | 'sqlType'>
  readonly next: Pick<PhysicalColumn, 'name'>
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
 * That test is left to the function, which rows pay for that are not filled yet.
 */
export function createSyncTriggers(changeId: string, sides: TriggerSides, mode: TriggerMode): readonly string[] {
  const { insertTrigger, updateTrigger, function: syncFunction } = syncNames(changeId)
  const table = qualified(sides.table)
  const [old, next] = [identifier(sides.old.name), identifier(sides.next.name)]
  const sidesDisagree = disagree(`NEW.${old}`, `NEW.${next}`, sides.old)
  const trigger = (name: string, event: 'INSERT' | 'UPDATE'): string =>
    `CREATE OR REPLACE TRIGGER ${identifier(name)} BEFORE ${event} ON ${table} FOR EACH ROW
WHEN (${sidesDisagree})
EXECUTE FUNCTION ${syncFunction}('${mode}')`
  return [
    trigger(insertTrigger, 'INSERT'),
    trigger(updateTrigger, 'UPDATE'),
    enableAlways(sides, [insertTrigger, updateTrigger]),
  ]
}

export function enableAlways(sides: TriggerSides, triggers: readonly string[]): string {
  const actions = triggers.map((trigger) => `ENABLE ALWAYS TRIGGER ${identifier(trigger)}`)
  return `ALTER TABLE ${qualified(sides.table)} ${actions.join(', ')}`
}
