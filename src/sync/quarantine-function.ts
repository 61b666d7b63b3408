import { defaultScope } from '../../schema/namespace.ts'
import type { Sides } from '../change/sides.ts'
import { dollarQuoted } from '../sql/dollar-quote.ts'
import { identifier, literal, qualified } from '../sql/identifier.ts'
import { syncNames } from './names.ts'

/**
 * The function by which the sync trigger puts the key of a row into `expand_contract.quarantine`, because its transform
 * rejects what was written to old. Only the sync function calls it, with the rights of its owner.
 *
 * A write may leave new empty only together with its key: nobody looks at the rows again before reads may be new, and an
 * unrecorded one would be read as NULL. So there are two promises, that the old schema's writes succeed and that the
 * quarantine is exact, and nothing is passed over for the sake of the first:
 *
 * - The insert waits for its table lock, which DDL on the quarantine alone can hold up, for as long as that takes: both hold.
 * - Where the insert fails (`lock_timeout` of the writer, a right that is missing), the write fails with it, as it does
 *   wherever the trigger is strict. A failed write can be repeated; a lost key cannot be found.
 * - Where there is no quarantine there are no control tables, as after Drizzle's own `migrate()`. Nothing has been proved
 *   then, the backfill is still to come, and the write succeeds.
 *
 * It appends for every such write, even where the key is there already: an entry that somebody is about to remove, as the
 * row was fine a moment ago, would not stand for this write.
 *
 * The key is text that every session reads back, whatever the settings of the writer.
 */
export function createQuarantineFunction(changeId: string, { table }: Sides): string {
  const name = syncNames(changeId).quarantineFunction
  const types = table.primaryKey.map((column) => `${qualified(table)}.${identifier(column.name)}%TYPE`)
  const key = types.map((_, index) => `$${index + 1}::text`).join(', ')
  return `CREATE OR REPLACE FUNCTION ${name}(${[...types, 'text'].join(', ')}) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET extra_float_digits = 1 AS ${dollarQuoted(
    `
BEGIN
  IF to_regclass('expand_contract.quarantine') IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO expand_contract.quarantine (scope, change_id, key, reason, since)
  VALUES (${literal(defaultScope)}, ${literal(changeId)}, jsonb_build_array(${key}), $${types.length + 1}, clock_timestamp());
END`,
    'quarantine',
  )}`
}

/** A statement of the sync function that calls it. */
export function quarantineRow(changeId: string, { table }: Sides, reason: string): string {
  const key = table.primaryKey.map((column) => `NEW.${identifier(column.name)}`)
  return `PERFORM ${syncNames(changeId).quarantineFunction}(${[...key, reason].join(', ')});`
}
