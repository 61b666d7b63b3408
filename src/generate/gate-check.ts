import { defaultScope } from '../../schema/namespace.ts'
import type { Sides } from '../change/sides.ts'
import type { Step } from '../change/step.ts'
import { dollarQuoted } from '../sql/dollar-quote.ts'
import { identifier, literal, qualified } from '../sql/identifier.ts'
import { judgementBy } from '../sync/index.ts'
import type { Statement } from './sql-file.ts'

interface ClosedGate {
  /** When the gate is closed, as SQL over the change's row. */
  readonly condition: string
  readonly reason: string
  readonly hint: string
}

const forwardHint = 'Use "npx expand-contract migrate", which defers the step, and "npx expand-contract next".'

/** For each step that cannot be undone. */
const closedGates = {
  retire: () => ({ condition: `phase <> 'contracted'`, reason: 'it is not contracted yet', hint: forwardHint }),
  drop: () => ({
    condition: `phase <> 'contracted' OR retired_at IS NULL OR now() < retired_at + soak_ms * interval '1 millisecond'`,
    reason: 'its old column has not been retired for as long as its soak asks',
    hint: forwardHint,
  }),
  abandon: (changeId) => ({
    condition: `phase <> 'abandoned' OR EXISTS (SELECT FROM expand_contract.processes AS process
                  WHERE process.lease_until > now() AND process.changes -> ${literal(changeId)} IS NOT NULL)`,
    reason: 'it has not been taken back to abandoned here, or live processes still declare it',
    hint: 'Use "npx expand-contract migrate", which defers the step and says what it waits for.',
  }),
} as const satisfies Partial<Record<Step, (changeId: string) => ClosedGate>>

/**
 * Raises where the database records the change and its gate is closed. Our runner defers such a step; this stops
 * everybody else (Drizzle's own `migrate()`, a file run by hand). A database without control tables has nobody to harm.
 */
export function gateCheck(changeId: string, step: keyof typeof closedGates): Statement {
  const { condition, reason, hint } = closedGates[step](changeId)
  const message = refusal(changeId, step, reason)
  return {
    why: 'Stops here while the gate is closed, whoever runs this file. Without control tables (a fresh database) it goes on.',
    sql: `DO ${dollarQuoted(
      `
BEGIN
  IF to_regclass('expand_contract.changes') IS NOT NULL THEN
    IF EXISTS (SELECT FROM expand_contract.changes
                WHERE scope = ${literal(defaultScope)} AND id = ${literal(changeId)} AND (${condition})) THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = ${literal(message)},
        HINT = ${literal(hint)};
    END IF;
  END IF;
END`,
      'gate',
    )}`,
  }
}

/**
 * Raises where nobody records the change and the table holds rows that were never filled: all steps were run at once on
 * a database in use, and the drop would take their values with it. Reads the table only where the change is not recorded.
 */
export function filledCheck(changeId: string, sides: Sides): Statement {
  const { table, old, next } = sides
  const message = refusal(changeId, 'retire', `rows of table ${qualified(table)} have not been filled`)
  const values = { old: old.map(({ name }) => identifier(name)), next: next.map(({ name }) => identifier(name)) }
  const { rowDisagrees } = judgementBy('old', changeId, sides, values)
  return {
    why: 'Stops here where a database in use has been given all steps at once, before any row was filled.',
    sql: `DO ${dollarQuoted(
      `
DECLARE
  recorded boolean := false;
BEGIN
  IF to_regclass('expand_contract.changes') IS NOT NULL THEN
    recorded := EXISTS (SELECT FROM expand_contract.changes
                         WHERE scope = ${literal(defaultScope)} AND id = ${literal(changeId)});
  END IF;
  IF NOT recorded AND EXISTS (SELECT FROM ${qualified(table)} WHERE ${rowDisagrees}) THEN
    RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = ${literal(message)},
      HINT = 'Use "npx expand-contract migrate", which defers the step until the rows are filled.';
  END IF;
END`,
      'filled',
    )}`,
  }
}

function refusal(changeId: string, step: string, reason: string): string {
  return `Change "${changeId}": the ${step} step may not run, because ${reason}. Nothing was changed.`
}
