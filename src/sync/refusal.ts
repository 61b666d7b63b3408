import type { Sides } from '../change/sides.ts'
import { identifier, literal, qualified } from '../sql/identifier.ts'

/** What sentences about the columns of one side need. */
export function wordsFor(columns: Sides['old']) {
  const list = columns.map(({ name }) => identifier(name)).join(', ')
  return columns.length === 1
    ? { list, columns: `column ${list}`, have: 'has', hold: 'holds', their: 'its' }
    : { list, columns: `columns ${list}`, have: 'have', hold: 'hold', their: 'their' }
}

/** A statement that refuses a write to a side. SQLSTATE 55000, object not in prerequisite state. */
export function refusal(changeId: string, table: Sides['table'], columns: Sides['old'], fact: string): string {
  const message = `${wordsFor(columns).columns.replace('c', 'C')} of table ${qualified(table)} ${fact}.`
  return raise(changeId, table, { state: `'55000'`, message: literal(message), column: literal(columns[0]!.name) })
}

/**
 * A statement that fails a write; the names are also given as fields of the error.
 *
 * @param error each an SQL expression.
 */
export function raise(
  changeId: string,
  table: Sides['table'],
  { state, message, column }: { readonly state: string; readonly message: string; readonly column: string },
): string {
  const hint = `Change "${changeId}" of drizzle-expand-contract is under way here; "npx expand-contract status" says where it is.`
  return `RAISE EXCEPTION USING ERRCODE = ${state}, MESSAGE = ${message}, HINT = ${literal(hint)},
        SCHEMA = ${literal(table.schema)}, TABLE = ${literal(table.name)}, COLUMN = ${column};`
}
