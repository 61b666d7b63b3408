import type { Sides } from '../change/sides.ts'
import { dollarQuoted } from '../sql/dollar-quote.ts'
import { identifier, literal, qualified } from '../sql/identifier.ts'
import { anyGiven, valuesOf } from './agreement.ts'
import { syncNames } from './names.ts'
import { enableAlways } from './sync-triggers.ts'
import { forwardExpressions } from './transform-values.ts'

/**
 * Gives the defaults of old columns to a row that is inserted with neither side, and new what they become, in every mode.
 *
 * On the column itself a default would look like a writer of old alone: overwritten when new is given, refused once
 * the refusal is armed. Each expression is evaluated once, with the rights and under the name of the writer, as a
 * column's default is (`DEFAULT current_user`), and with the search path of the migration that names it; so is the
 * transform, of whose functions the writer need not reach the schema.
 *
 * An INSERT of an explicit NULL, which the NOT NULL column used to refuse, gets the default too: a trigger cannot tell.
 * One that gives some of several old columns gets the defaults of the others, and is a write of old.
 *
 * @param defaults by the name of the column, as DDL has them: `'draft'`, `now()`; at least one.
 */
export function createDefaultTrigger(
  changeId: string,
  sides: Sides,
  defaults: ReadonlyMap<string, string>,
): readonly string[] {
  const { defaultTrigger, defaultFunction } = syncNames(changeId)
  const { old, next } = valuesOf(sides, 'NEW')
  const missing = [...defaults.keys()].map((name) => `NEW.${identifier(name)}`)
  return [
    `CREATE OR REPLACE FUNCTION ${defaultFunction}() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS ${dollarQuoted(
      `${old.length === 1 ? '' : `\nDECLARE\n  old_given CONSTANT boolean := ${anyGiven(old)};`}
BEGIN
${givingOf(defaults, old.length)}
${copyingForward(sides)}
  RETURN NEW;
END`,
      'default',
    )}`,
    `CREATE OR REPLACE TRIGGER ${identifier(defaultTrigger)} BEFORE INSERT ON ${qualified(sides.table)} FOR EACH ROW
WHEN (${someMissing(missing)} AND ${next.map((column) => `${column} IS NOT DISTINCT FROM NULL`).join(' AND ')})
EXECUTE FUNCTION ${defaultFunction}()`,
    enableAlways(sides, [defaultTrigger]),
  ]
}

function someMissing(columns: readonly string[]): string {
  const missing = columns.map((column) => `${column} IS NOT DISTINCT FROM NULL`)
  return missing.length === 1 ? missing[0]! : `(${missing.join(' OR ')})`
}

function givingOf(defaults: ReadonlyMap<string, string>, oldColumns: number): string {
  const assignments = [...defaults].map(([name, expression]) => assignment(`NEW.${identifier(name)}`, expression))
  if (oldColumns === 1) return assignments.join('\n')
  return [...defaults.keys()]
    .map(
      (name, index) => `  IF NEW.${identifier(name)} IS NOT DISTINCT FROM NULL THEN\n${assignments[index]}\n  END IF;`,
    )
    .join('\n')
}

/** Where old is given in part, or the transform rejects a default, the sync trigger sees a write of old alone. */
function copyingForward(sides: Sides): string {
  const { old, next } = valuesOf(sides, 'NEW')
  const values = forwardExpressions(sides, old)
  const copying = next.map((column, index) => `  ${column} := ${values[index]};`).join('\n')
  const caught = sides.transform.mayRaise
    ? `  BEGIN\n${copying}\n  EXCEPTION WHEN OTHERS THEN\n${next.map((column) => `  ${column} := NULL;`).join('\n')}\n  END;`
    : copying
  return old.length === 1 ? caught : `  IF NOT old_given THEN\n${caught}\n  END IF;`
}

function assignment(column: string, expression: string): string {
  return `  ${column} := ${expression};`
}

/** The defaults that `createDefaultTrigger` was given, from the text of the migration that ran it; empty for none. */
export function defaultsMovedBy(changeId: string, sides: Sides, migration: string): ReadonlyMap<string, string> {
  const start = migration.indexOf(`CREATE OR REPLACE FUNCTION ${syncNames(changeId).defaultFunction}()`)
  if (start < 0) return new Map()
  const end = migration.indexOf(`\n${copyingForward(sides)}\n`, start)
  const text = migration.slice(start, end)
  const found = new Map<string, string>()
  for (const { name } of sides.old) {
    const column = `NEW.${identifier(name)}`
    const before = assignment(column, '').slice(0, -1)
    const from = text.indexOf(before)
    if (from < 0) continue
    const expression = text.slice(from + before.length)
    const after = sides.old.length === 1 ? expression.length : expression.indexOf(';\n  END IF;')
    found.set(name, expression.slice(0, after).replace(/;$/, ''))
  }
  return found
}

/**
 * Lets the defaults follow the renaming of an old column, where there are some. The expressions are not repeated: the
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
