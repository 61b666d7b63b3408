import type { Sides } from '../change/sides.ts'
import { dollarQuoted } from '../sql/dollar-quote.ts'
import { identifier, literal, qualified } from '../sql/identifier.ts'
import { disagree } from './agreement.ts'
import { syncNames } from './names.ts'
import { namedArgument } from './sync-triggers.ts'
import { recordUnawareWriter } from './unaware-writers.ts'

/**
 * The function behind the sync triggers of a change. The triggers call it for rows whose sides disagree, with the mode
 * as their argument:
 *
 * | written by the statement | `old`        | `both`       | `new`        | `forward`    | `fence`      |
 * | ------------------------ | ------------ | ------------ | ------------ | ------------ | ------------ |
 * | old alone                | copy forward | copy forward | refuse       | copy forward | refuse       |
 * | new alone                | refuse       | copy back    | copy back    | leave old    | leave old    |
 * | both, in disagreement    | old wins     | new wins     | new wins     | new wins     | new wins     |
 *
 * An INSERT writes the sides that are not NULL, an UPDATE those that it changes. Called by the trigger that looks at names
 * (`comparesNames`), the statement has written old alone, with the value that it had.
 *
 * SECURITY DEFINER lets it name a writer who has no rights on the control tables, and makes it a way to run code as its
 * owner: nobody but the owner of the table may put it on a table.
 */
export function createSyncFunction(changeId: string, sides: Sides): readonly string[] {
  const name = syncNames(changeId).function
  return [
    `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ${dollarQuoted(body(changeId, sides), 'sync')}`,
    `REVOKE ALL ON FUNCTION ${name}() FROM PUBLIC`,
    // Whoever attaches a partition copies the triggers to it, and needs EXECUTE for that.
    `DO ${dollarQuoted(
      `BEGIN
  EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', ${literal(`${name}()`)},
    (SELECT pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE oid = ${literal(qualified(sides.table))}::regclass));
END`,
      'grant',
    )}`,
  ]
}

function body(changeId: string, { table, old, next }: Sides): string {
  const [oldName, newName] = [identifier(old.name), identifier(next.name)]
  const changed = (name: string): string => disagree(`OLD.${name}`, `NEW.${name}`, old)
  const copyForward = `NEW.${newName} := NEW.${oldName};`
  const copyBack = `NEW.${oldName} := NEW.${newName};`
  // IS DISTINCT FROM NULL: of a composite value, IS NOT NULL would ask whether all its fields are set.
  return `
DECLARE
  mode CONSTANT text := TG_ARGV[0];
  old_written boolean;
  new_written boolean;
  side text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    old_written := NEW.${oldName} IS DISTINCT FROM NULL;
    new_written := NEW.${newName} IS DISTINCT FROM NULL;
  ELSIF TG_ARGV[1] = '${namedArgument}' THEN
    old_written := true;
    new_written := false;
  ELSE
    old_written := ${changed(oldName)};
    new_written := ${changed(newName)};
    IF NOT old_written AND NOT new_written THEN
      RETURN NEW; -- not filled yet, and none of this statement's business
    END IF;
  END IF;

  IF old_written AND new_written THEN
    side := 'both';
    IF mode = 'old' THEN ${copyForward} ELSE ${copyBack} END IF;
  ELSIF old_written THEN
    side := 'old';
    IF mode IN ('new', 'fence') THEN
      ${refusal(changeId, table, old.name, `has been replaced by column ${newName} and may no longer be written. Write ${newName} instead`)}
    END IF;
    ${copyForward}
  ELSE
    side := 'new';
    IF mode = 'old' THEN
      ${refusal(changeId, table, next.name, `may not be written on its own yet: column ${oldName} holds the truth. Write ${oldName}, or both with the same value`)}
    END IF;
    IF mode IN ('forward', 'fence') THEN
      RETURN NEW; -- copy-back is off
    END IF;
    ${copyBack}
  END IF;
${recordUnawareWriter(changeId, 'side')}
  RETURN NEW;
END`
}

/** SQLSTATE 55000, object not in prerequisite state; the names are also given as fields of the error. */
function refusal(changeId: string, table: Sides['table'], column: string, fact: string): string {
  const message = `Column ${identifier(column)} of table ${qualified(table)} ${fact}.`
  const hint = `Change "${changeId}" of drizzle-expand-contract is under way here; "npx expand-contract status" says where it is.`
  return `RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = ${literal(message)}, HINT = ${literal(hint)},
        SCHEMA = ${literal(table.schema)}, TABLE = ${literal(table.name)}, COLUMN = ${literal(column)};`
}
