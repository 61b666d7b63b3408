import { defaultScope } from '../../schema/namespace.ts'
import { dollarQuoted } from '../sql/dollar-quote.ts'
import { literal } from '../sql/identifier.ts'
import type { Statement } from './sql-file.ts'

/** For each step that cannot be undone: when its gate is closed, as SQL over the change's row. */
const closedGates = {
  retire: { condition: `phase <> 'contracted'`, reason: 'it is not contracted yet' },
  drop: {
    condition: `phase <> 'contracted' OR retired_at IS NULL OR now() < retired_at + soak_ms * interval '1 millisecond'`,
    reason: 'its old column has not been retired for as long as its soak asks',
  },
} as const

/**
 * Raises where the database records the change and its gate is closed. Our runner defers such a step; this stops
 * everybody else (Drizzle's own `migrate()`, a file run by hand). A database without control tables has nobody to harm.
 */
export function gateCheck(changeId: string, step: keyof typeof closedGates): Statement {
  const { condition, reason } = closedGates[step]
  const message = `Change "${changeId}": the ${step} step may not run, because ${reason}. Nothing was changed.`
  return {
    why: 'Stops here while the gate is closed, whoever runs this file. Without control tables (a fresh database) it goes on.',
    sql: `DO ${dollarQuoted(
      `
BEGIN
  IF to_regclass('expand_contract.changes') IS NOT NULL THEN
    IF EXISTS (SELECT FROM expand_contract.changes
                WHERE scope = ${literal(defaultScope)} AND id = ${literal(changeId)} AND (${condition})) THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = ${literal(message)},
        HINT = 'Use "npx expand-contract migrate", which defers the step, and "npx expand-contract next".';
    END IF;
  END IF;
END`,
      'gate',
    )}`,
  }
}
