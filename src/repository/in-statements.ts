import type { Values } from './write-values.ts'

/** PostgreSQL counts the parameters of a statement in 16 bits. */
const maximumParameters = 65_535

/** Rows in as few statements as they fit in; a dual write takes two parameters where a single one takes one. */
export function inStatements(rows: Values[], columns: number): Values[][] {
  const perStatement = Math.max(1, Math.floor(maximumParameters / columns))
  const statements: Values[][] = []
  for (let at = 0; at < rows.length; at += perStatement) statements.push(rows.slice(at, at + perStatement))
  return statements
}
