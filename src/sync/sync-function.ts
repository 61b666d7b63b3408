import type { Sides } from '../change/sides.ts'
import { dollarQuoted } from '../sql/dollar-quote.ts'
import { literal, qualified } from '../sql/identifier.ts'
import { anyDiffers, anyGiven, valuesOf } from './agreement.ts'
import { type Copying, copyingOf } from './copying.ts'
import { syncNames } from './names.ts'
import { createQuarantineFunction } from './quarantine-function.ts'
import { refusal, wordsFor } from './refusal.ts'
import { isNamedCall } from './sync-triggers.ts'
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
 * An INSERT writes the sides that are not NULL, an UPDATE those that it changes; a part of a side counts for the side. An
 * INSERT of neither, where NULL becomes something else, is copied from the side that holds the truth. Called by the trigger that looks at names
 * (`comparesNames`), the statement has written old alone, with the value that it had.
 *
 * SECURITY DEFINER lets it name a writer who has no rights on the control tables, and makes it a way to run code as its
 * owner: nobody but the owner of the table may put it on a table.
 */
export function createSyncFunction(changeId: string, sides: Sides): readonly string[] {
  const name = syncNames(changeId).function
  return [
    ...(sides.transform.mayRaise ? [createQuarantineFunction(changeId, sides)] : []),
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

function body(changeId: string, sides: Sides): string {
  const { table, old, next, transform } = sides
  const [oldWords, newWords] = [wordsFor(old), wordsFor(next)]
  const [before, after] = [valuesOf(sides, 'OLD'), valuesOf(sides, 'NEW')]
  const copying = copyingOf(changeId, sides)
  const { declarations, agreement, forward: copyForward, back: copyBack, carryingOut } = copying
  return `
DECLARE
  mode CONSTANT text := TG_ARGV[0];
  old_written boolean;
  new_written boolean;
  side text;${declarations}
BEGIN
  IF TG_OP = 'INSERT' THEN
    old_written := ${anyGiven(after.old)};
    new_written := ${anyGiven(after.next)};
  ELSIF ${isNamedCall(sides)} THEN
    old_written := true;
    new_written := false;
  ELSE
    old_written := ${anyDiffers(before.old, after.old, old)};
    new_written := ${anyDiffers(before.next, after.next, next)};
    IF NOT old_written AND NOT new_written THEN
      RETURN NEW; -- not filled yet, and none of this statement's business
    END IF;
  END IF;
${agreement}
  IF old_written AND new_written THEN
    side := 'both';
    IF mode = 'old' THEN ${copyForward} ELSE ${copyBack} END IF;
  ELSIF old_written THEN
    side := 'old';
    IF mode IN ('new', 'fence') THEN
      ${refusal(changeId, table, old, `${oldWords.have} been replaced by ${newWords.columns} and may no longer be written. Write ${newWords.list} instead`)}
    END IF;
    ${copyForward}
${transform.isIdentity ? '' : whereNeitherIsWritten(copying)}  ELSE
    side := 'new';
    IF mode = 'old' THEN
      ${refusal(changeId, table, next, `may not be written on ${newWords.their} own yet: ${oldWords.columns} ${oldWords.hold} the truth. Write ${oldWords.list}, or both with the same value`)}
    END IF;
    IF mode IN ('forward', 'fence') THEN
      RETURN NEW; -- copy-back is off
    END IF;
    ${copyBack}
  END IF;
${carryingOut}${transform.isIdentity ? recordUnawareWriter(changeId, 'side') : recordUnlessNeither(changeId)}
  RETURN NEW;
END`
}

/** Of a row that an INSERT gives neither side, and in which NULL on one side is no NULL on the other. */
function whereNeitherIsWritten({ forward, back }: Copying): string {
  return `  ELSIF NOT new_written THEN
    IF mode = 'old' THEN ${forward} ELSE ${back} END IF;
`
}

function recordUnlessNeither(changeId: string): string {
  return `
  IF old_written OR new_written THEN${recordUnawareWriter(changeId, 'side')}
  END IF;`
}
