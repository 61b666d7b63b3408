import type { TableLockMode } from '../sql/blockers.ts'
import { isWord, type NameInSql, nameAt, type Statement, startsWith } from './statement.ts'

/** A `CREATE INDEX` or `DROP INDEX … CONCURRENTLY`. */
export interface ConcurrentIndex {
  readonly action: 'create' | 'drop'
  /** Undefined where the statement leaves the name to PostgreSQL. */
  readonly index: NameInSql | undefined
  /** Of a `CREATE INDEX`. */
  readonly table: NameInSql | undefined
}

/** True for a statement that PostgreSQL refuses inside a transaction. */
export function mustRunOutside(statement: Statement): boolean {
  return (
    concurrentIndex(statement) !== undefined ||
    (startsWith(statement, 'reindex') && statement.tokens.some((token) => isWord(token, 'concurrently'))) ||
    (startsWith(statement, 'alter', 'table') &&
      statement.tokens.slice(-1).some((token) => isWord(token, 'concurrently'))) ||
    startsWith(statement, 'vacuum') ||
    startsWith(statement, 'alter', 'system') ||
    (startsWith(statement, 'create') && isWord(statement.tokens[1], 'database', 'tablespace', 'subscription')) ||
    (startsWith(statement, 'drop') && isWord(statement.tokens[1], 'database', 'tablespace', 'subscription'))
  )
}

export function concurrentIndex(statement: Statement): ConcurrentIndex | undefined {
  const { tokens } = statement
  const at = tokens.findIndex((token) => isWord(token, 'concurrently'))
  if (at < 0) return undefined
  if (startsWith(statement, 'drop', 'index')) {
    return { action: 'drop', index: nameAt(tokens, afterIfExists(statement, at + 1))?.name, table: undefined }
  }
  if (!startsWith(statement, 'create', 'index') && !startsWith(statement, 'create', 'unique', 'index')) return undefined
  const on = tokens.findIndex((token, index) => index > at && isWord(token, 'on'))
  const nameStart = afterIfExists(statement, at + 1)
  const table = indexedTable(statement, on)
  const index = nameStart < on ? nameAt(tokens, nameStart)?.name : undefined
  // An index lies in the schema of its table.
  return { action: 'create', index: index && { schema: table?.schema, name: index.name }, table }
}

/** The same statement for a table that nobody else uses: without CONCURRENTLY it may run inside a transaction. */
export function withoutConcurrently({ text, tokens }: Statement): string {
  const word = tokens.find((token) => isWord(token, 'concurrently'))
  return word === undefined ? text : `${text.slice(0, word.start)}${text.slice(word.end).trimStart()}`
}

/** The lock that a statement takes on a table that exists; undefined where it takes none that DDL could wait for. */
export interface TakenLock {
  readonly table: NameInSql
  readonly mode: TableLockMode
}

export function lockOf(statement: Statement): TakenLock | undefined {
  const { tokens } = statement
  if (startsWith(statement, 'alter', 'table')) {
    const found = nameAt(tokens, afterOnly(statement, afterIfExists(statement, 2)))
    const isValidation = found !== undefined && isWord(tokens[found.next], 'validate')
    return found && { table: found.name, mode: isValidation ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE' }
  }
  if (startsWith(statement, 'drop', 'table')) return lockAt(statement, afterIfExists(statement, 2), 'ACCESS EXCLUSIVE')
  if (startsWith(statement, 'truncate')) {
    return lockAt(statement, afterOnly(statement, isWord(tokens[1], 'table') ? 2 : 1), 'ACCESS EXCLUSIVE')
  }
  const on = tokens.findIndex((token) => isWord(token, 'on'))
  if (startsWith(statement, 'create', 'index') || startsWith(statement, 'create', 'unique', 'index')) {
    const table = indexedTable(statement, on)
    return table && { table, mode: 'SHARE ROW EXCLUSIVE' }
  }
  if (startsWith(statement, 'drop', 'trigger') || isPolicy(statement))
    return lockAt(statement, on + 1, 'ACCESS EXCLUSIVE')
  if (startsWith(statement, 'create') && tokens.slice(0, 5).some((token) => isWord(token, 'trigger'))) {
    return lockAt(statement, on + 1, 'SHARE ROW EXCLUSIVE')
  }
  return undefined
}

function isPolicy(statement: Statement): boolean {
  return ['create', 'alter', 'drop'].some((verb) => startsWith(statement, verb, 'policy'))
}

function lockAt({ tokens }: Statement, at: number, mode: TableLockMode): TakenLock | undefined {
  const found = at > 0 ? nameAt(tokens, at) : undefined
  return found && { table: found.name, mode }
}

/** True for statements that read or write rows: they wait for rows, and nobody queues behind them for the table. */
export function worksOnRows({ tokens }: Statement): boolean {
  return isWord(tokens[0], 'insert', 'update', 'delete', 'merge', 'copy', 'select', 'with')
}

/** True for statements whose effect cannot be seen from outside. */
export function isOpaque({ tokens }: Statement): boolean {
  return isWord(tokens[0], 'do', 'call')
}

function indexedTable(statement: Statement, on: number): NameInSql | undefined {
  return on < 0 ? undefined : nameAt(statement.tokens, afterOnly(statement, on + 1))?.name
}

/** Passes over `IF EXISTS` and `IF NOT EXISTS`. */
function afterIfExists({ tokens }: Statement, at: number): number {
  if (!isWord(tokens[at], 'if')) return at
  return isWord(tokens[at + 1], 'not') ? at + 3 : at + 2
}

function afterOnly({ tokens }: Statement, at: number): number {
  return isWord(tokens[at], 'only') ? at + 1 : at
}
