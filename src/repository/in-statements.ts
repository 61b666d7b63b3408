import type { Values } from './write-values.ts'

/** PostgreSQL counts the parameters of a statement in 16 bits. */
const maximumParameters = 65_535

/** Rows in as few statements as they fit in; a dual write takes two parameters or more where a single one takes one. */
export function inStatements(rows: Values[], parametersPerRow: number): Values[][] {
  const perStatement = Math.max(1, Math.floor(maximumParameters / parametersPerRow))
  const statements: Values[][] = []
  for (let at = 0; at < rows.length; at += perStatement) statements.push(rows.slice(at, at + perStatement))
  return statements
}
