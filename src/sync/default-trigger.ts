import type { Sides } from '../change/sides.ts'
import { dollarQuoted } from '../sql/dollar-quote.ts'
import { identifier, literal, qualified } from '../sql/identifier.ts'
import { syncNames } from './names.ts'
import { enableAlways } from './sync-triggers.ts'

/**
 * Gives the old column's default to both sides of a row that is inserted with neither, in every mode.
 *
 * On the column itself the default would look like a writer of old alone: overwritten when new is given, refused once
 * the refusal is armed. The expression is evaluated once, with the rights and under the name of the writer, as a
 * column's default is (`DEFAULT current_user`), and with the search path of the migration that names it.
 *
 * An INSERT of an explicit NULL, which the NOT NULL column used to refuse, gets the default too: a trigger cannot tell.
 *
 * @param expression the default as DDL has it: `'draft'`, `now()`.
 */
export function createDefaultTrigger(changeId: string, sides: Sides, expression: string): readonly string[] {
  const { defaultTrigger, defaultFunction } = syncNames(changeId)
  const [old, next] = [identifier(sides.old.name), identifier(sides.next.name)]
  return [
    `CREATE OR REPLACE FUNCTION ${defaultFunction}() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS ${dollarQuoted(
      `
BEGIN
  NEW.${old} := ${expression};
  NEW.${next} := NEW.${old};
  RETURN NEW;
END`,
      'default',
    )}`,
    `CREATE OR REPLACE TRIGGER ${identifier(defaultTrigger)} BEFORE INSERT ON ${qualified(sides.table)} FOR EACH ROW
WHEN (NEW.${old} IS NOT DISTINCT FROM NULL AND NEW.${next} IS NOT DISTINCT FROM NULL)
EXECUTE FUNCTION ${defaultFunction}()`,
    enableAlways(sides, [defaultTrigger]),
  ]
}

/** The expression that `createDefaultTrigger` was given, from the text of the migration that ran it; undefined for none. */
export function defaultMovedBy(changeId: string, sides: Sides, migration: string): string | undefined {
  const [old, next] = [identifier(sides.old.name), identifier(sides.next.name)]
  const start = migration.indexOf(`CREATE OR REPLACE FUNCTION ${syncNames(changeId).defaultFunction}()`)
  if (start < 0) return undefined
  const [before, after] = [`  NEW.${old} := `, `;\n  NEW.${next} := NEW.${old};`]
  const from = migration.indexOf(before, start) + before.length
  return migration.slice(from, migration.indexOf(after, from))
}

/**
 * Lets the default follow the renaming of the old column, where there is a default. The expression is not repeated: the
 * function that the database has is taken, with the search path that it was given.
 */
export function renameInDefaultFunction(changeId: string, from: string, to: string): string {
  const name = literal(`${syncNames(changeId).defaultFunction}()`)
  const [before, after] = [from, to].map((column) => literal(`NEW.${identifier(column)}`))
  return `DO ${dollarQuoted(
    `BEGIN
  IF to_regprocedure(${name}) IS NOT NULL THEN
    EXECUTE replace(pg_get_functiondef(to_regprocedure(${name})), ${before}, ${after});
  END IF;
END`,
    'rename',
  )}`
}
