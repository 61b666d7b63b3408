import type { QualifiedName } from '../sql/identifier.ts'
import type { Token } from './sql-tokens.ts'
import { isName, isWord, type NameInSql, nameAt, type Statement, startsWith } from './statement.ts'
import { lockOf } from './statement-kinds.ts'

/** What of the database a waiting step still has to change. */
export interface Guarded {
  readonly table: QualifiedName
  /** Old, new and retired columns. */
  readonly columns: readonly string[]
  /** Triggers and functions of the change. */
  readonly objects: readonly string[]
}

/**
 * What a statement names of that, in words; undefined where nothing.
 *
 * A column counts where it can be one of the table: in DDL of another table that is only what follows `REFERENCES`, and
 * behind a qualifier only that of the table or of an alias of it. Comments, strings and function bodies are not read.
 */
export function mentionOf(statement: Statement, { table, columns, objects }: Guarded): string | undefined {
  const { tokens } = statement
  const object = tokens.find((token) => isName(token) && objects.includes(token.value))
  if (object !== undefined) return `"${object.value}"`
  if (removesTable(statement, table)) return `table "${table.name}"`
  const qualifiers = qualifiersOf(tokens, table)
  if (qualifiers.size === 0) return undefined
  const subject = subjectOf(statement)
  const isOurs = subject === undefined || isSame(subject, table)
  const column = tokens.find((token, at) => {
    if (!columns.some((name) => isColumn(token, tokens[at - 1], name, subject !== undefined))) return false
    const qualifier = isSymbol(tokens[at - 1], '.') ? tokens[at - 2] : undefined
    if (qualifier !== undefined) return qualifiers.has(qualifier.value)
    const referenced = referencedTable(tokens, at)
    return referenced === undefined ? isOurs : isSame(referenced, table)
  })
  return column && `"${column.value}" of table "${table.name}"`
}

/** Renamed, moved or dropped, alone or with its schema. */
function removesTable(statement: Statement, table: QualifiedName): boolean {
  const { tokens } = statement
  if (startsWith(statement, 'drop', 'schema'))
    return tokens.some((token) => isName(token) && token.value === table.schema)
  if (startsWith(statement, 'drop', 'table')) return namesIn(tokens).some((name) => isSame(name, table))
  const subject = startsWith(statement, 'alter', 'table') ? lockOf(statement)?.table : undefined
  if (subject === undefined || !isSame(subject, table)) return false
  return tokens.some(
    (token, at) =>
      (isWord(token, 'rename') && isWord(tokens[at + 1], 'to')) ||
      (isWord(token, 'set') && isWord(tokens[at + 1], 'schema')),
  )
}

/** The table that DDL is about; undefined for statements that may be about several. */
function subjectOf(statement: Statement): NameInSql | undefined {
  if (statement.tokens.some((token) => isWord(token, 'select'))) return undefined
  if (startsWith(statement, 'create', 'table')) {
    return namesIn(statement.tokens.slice(2)).find(({ name }) => !['if', 'not', 'exists'].includes(name))
  }
  if (startsWith(statement, 'comment', 'on', 'column')) {
    // table.column, or schema.table.column
    const names = statement.tokens.slice(3).filter(isName)
    return isSymbol(statement.tokens[6], '.')
      ? { schema: names[0]?.value, name: names[1]!.value }
      : names[0] && { schema: undefined, name: names[0].value }
  }
  return lockOf(statement)?.table
}

/** By what a column of the table can be qualified: its name and its aliases; empty where the statement does not name it. */
function qualifiersOf(tokens: readonly Token[], table: QualifiedName): ReadonlySet<string> {
  const qualifiers = new Set<string>()
  for (let at = 0; at < tokens.length; at += 1) {
    const found = nameAt(tokens, at)
    if (found === undefined || !(isSame(found.name, table) || found.name.schema === table.name)) continue
    qualifiers.add(table.name)
    const alias = tokens[isWord(tokens[found.next], 'as') ? found.next + 1 : found.next]
    if (isName(alias)) qualifiers.add(alias.value)
  }
  return qualifiers
}

/** The table of the `REFERENCES table (…)` that a position is inside of. */
function referencedTable(tokens: readonly Token[], at: number): NameInSql | undefined {
  for (let open = at; open >= 0; open -= 1) {
    if (isSymbol(tokens[open], ')')) return undefined
    if (!isSymbol(tokens[open], '(')) continue
    for (const length of [1, 3]) {
      const found = isWord(tokens[open - length - 1], 'references') ? nameAt(tokens, open - length) : undefined
      if (found?.next === open) return found.name
    }
    return undefined
  }
  return undefined
}

/**
 * Words of DDL that could also be names of columns. drizzle-kit quotes every name, so in DDL such a word is a column only
 * behind COLUMN.
 */
const wordsOfDdl = new Set(
  `action add always alter and as asc bigint bigserial boolean by cache cascade char character check collate column
   concurrently constraint create cycle data date decimal default delete desc distinct double drop enum exists false first
   for foreign generated identity if in increment index inet integer interval is json jsonb key last line macaddr maxvalue
   minvalue no not null nulls numeric on only or point policy precision primary public real references rename restrict
   sequence serial set smallint smallserial start stored table text time timestamp to trigger true type unique update using
   uuid validate varchar varying where with without zone`.split(/\s+/),
)

function isColumn(token: Token, previous: Token | undefined, name: string, inDdl: boolean): boolean {
  if (!isName(token) || token.value !== name) return false
  return token.kind === 'quoted' || !inDdl || isWord(previous, 'column') || !wordsOfDdl.has(name)
}

function namesIn(tokens: readonly Token[]): readonly NameInSql[] {
  return tokens.flatMap((_, at) => {
    const found = isSymbol(tokens[at - 1], '.') ? undefined : nameAt(tokens, at)
    return found === undefined ? [] : [found.name]
  })
}

/** Without a schema the search path decides, so the name alone has to do. */
function isSame({ schema, name }: NameInSql, table: QualifiedName): boolean {
  return name === table.name && (schema === undefined || schema === table.schema)
}

function isSymbol(token: Token | undefined, value: string): boolean {
  return token?.kind === 'symbol' && token.value === value
}
