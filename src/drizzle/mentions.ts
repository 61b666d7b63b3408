import { identifier } from '../sql/identifier.ts'

/** True where an expression of one table (index, check, policy, generated column) names a column, quoted or bare. */
export function mentionsColumn(expression: string | undefined, column: string): boolean {
  if (expression === undefined) return false
  const code = withoutLiterals(expression)
  return code.includes(identifier(column)) || bareWord(column).test(withoutQuoted(code))
}

/**
 * True where the query of a view reads a column of a table. Drizzle writes `"table"."column"`, and `"column"` alone in a
 * query of one table; an alias (`as "column"`) is no mention.
 */
export function queryMentionsColumn(query: string | undefined, table: string, column: string): boolean {
  if (query === undefined) return false
  const code = withoutLiterals(query)
  if (!code.includes(identifier(table))) return false
  if (code.includes(`${identifier(table)}.${identifier(column)}`)) return true
  return new RegExp(`(?<!\\.|\\bas )${escaped(identifier(column))}`, 'i').test(code)
}

function withoutLiterals(code: string): string {
  return code.replaceAll(/'(?:[^']|'')*'/g, "''")
}

function withoutQuoted(code: string): string {
  return code.replaceAll(/"(?:[^"]|"")*"/g, '""')
}

function bareWord(name: string): RegExp {
  return new RegExp(`(?<![\\w$])${escaped(name)}(?![\\w$])`, 'i')
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
