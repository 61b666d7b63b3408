import type { Sides } from '../change/sides.ts'
import { literal, qualified } from '../sql/identifier.ts'
import { anyDiffers, backwardAgrees, valuesOf } from './agreement.ts'
import { quarantineRow } from './quarantine-function.ts'
import { raise } from './refusal.ts'
import { isLenientCall } from './sync-triggers.ts'
import { backwardValues, forwardValues } from './transform-values.ts'
import { makeEach, typedAs } from './verdict-function.ts'

/** How one side is copied to the other, as statements of the sync function. */
export interface Copying {
  /** Variables of the function. */
  readonly declarations: string
  /** Once it is known which sides were written: returns where they agree after all, which WHEN could not ask. */
  readonly agreement: string
  readonly forward: string
  readonly back: string
  /** Once it is decided which side is copied. */
  readonly carryingOut: string
}

export function copyingOf(changeId: string, sides: Sides): Copying {
  return sides.transform.mayRaise ? copyingThatMayRaise(changeId, sides) : plainCopying(changeId, sides)
}

function plainCopying(changeId: string, sides: Sides): Copying {
  const { old, next } = valuesOf(sides, 'NEW')
  return {
    declarations: '',
    agreement: '',
    forward: assignments(next, forwardValues(changeId, sides, old)),
    back: assignments(old, backwardValues(changeId, sides, next)),
    carryingOut: '',
  }
}

/**
 * How the sync function copies where the transform may raise. It asks itself whether the sides agree:
 *
 * - Where both were written, first whether old is what new gives: that is how repositories write, and costs no
 *   subtransaction. It may raise, as it has for the repository.
 * - Else in blocks that catch what a direction raises: a value that it rejects agrees with nothing.
 *
 * A value of old that is to be copied and is rejected leaves new empty and the row in quarantine where the trigger is
 * lenient; where it is strict, and for values of new always, the write is refused, with the SQLSTATE of the rejection.
 */
function copyingThatMayRaise(changeId: string, sides: Sides): Copying {
  const { table, old, next } = sides
  const values = valuesOf(sides, 'NEW')
  const made = next.map((_, index) => `made${index + 1}`)
  const oldIsWhatNewGives = backwardAgrees(changeId, sides, values, `mode <> 'old'`)
  const refuse = raise(changeId, table, {
    state: 'rejected',
    message: `format(${literal(`Change "${changeId}" cannot make column %I of table ${qualified(table).replaceAll('%', '%%')} from the value that is written.`)}, making)`,
    column: 'making',
  })
  return {
    declarations: `
  lenient CONSTANT boolean := ${isLenientCall};
  ${typedAs(table, next, made).join('\n  ')}
  winner text;
  making text; -- the column for which a value is made
  rejected text; -- the SQLSTATE with which the transform rejects what is to be copied`,
    agreement: `
  IF old_written AND new_written THEN
    IF ${oldIsWhatNewGives} THEN
      RETURN NEW;
    END IF;
  END IF;
  BEGIN
    ${makeEach(next, made, forwardValues(changeId, sides, values.old)).join('\n    ')}
    IF NOT (${anyDiffers(values.next, made, next)}) THEN
      RETURN NEW;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    rejected := SQLSTATE;
  END;
  BEGIN
    IF ${oldIsWhatNewGives} THEN
      RETURN NEW;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    NULL;
  END;
`,
    forward: `winner := 'old';`,
    back: `winner := 'new';`,
    carryingOut: `  IF winner = 'new' THEN
    BEGIN
      ${makeEach(old, values.old, backwardValues(changeId, sides, values.next)).join('\n      ')}
    EXCEPTION WHEN OTHERS THEN
      rejected := SQLSTATE;
      ${refuse}
    END;
  ELSIF rejected IS NULL THEN
    ${assignments(values.next, made)}
  ELSIF lenient THEN
    ${assignments(
      values.next,
      next.map(() => 'NULL'),
    )}
    ${quarantineRow(changeId, sides, `rejected || ' ' || making`)}
  ELSE
    ${refuse}
  END IF;
`,
  }
}

function assignments(to: readonly string[], values: readonly string[]): string {
  return to.map((column, index) => `${column} := ${values[index]};`).join(' ')
}
