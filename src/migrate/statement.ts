import { type Token, tokensOf } from './sql-tokens.ts'

/** One SQL statement, without its semicolon. */
export interface Statement {
  readonly text: string
  /** With positions in `text`. */
  readonly tokens: readonly Token[]
}

/** A table or index as a statement names it; without a schema the search path decides. */
export interface NameInSql {
  readonly schema: string | undefined
  readonly name: string
}

/** The statements of SQL text; empty ones (comments alone) are left out. */
export function statementsOf(text: string): readonly Statement[] {
  const statements: Statement[] = []
  let current: Token[] = []
  let depth = 0
  const close = (): void => {
    const [first, last] = [current[0], current.at(-1)]
    if (first !== undefined && last !== undefined) {
      statements.push({
        text: text.slice(first.start, last.end),
        tokens: current.map((token) => ({ ...token, start: token.start - first.start, end: token.end - first.start })),
      })
    }
    current = []
    depth = 0
  }
  for (const token of tokensOf(text)) {
    if (token.kind === 'symbol' && token.value === ';' && depth === 0) {
      close()
      continue
    }
    depth += nesting(token, current.at(-1), depth)
    current.push(token)
  }
  close()
  return statements
}

/** Semicolons inside a function's `BEGIN ATOMIC … END` belong to the function; `CASE … END` stands inside of it. */
function nesting(token: Token, previous: Token | undefined, depth: number): number {
  if (isWord(token, 'atomic') && isWord(previous, 'begin')) return 1
  if (depth === 0) return 0
  if (isWord(token, 'case')) return 1
  return isWord(token, 'end') ? -1 : 0
}

export function isWord(token: Token | undefined, ...values: readonly string[]): boolean {
  return token?.kind === 'word' && values.includes(token.value)
}

/** True where the statement begins with these words. */
export function startsWith({ tokens }: Statement, ...words: readonly string[]): boolean {
  return words.every((word, index) => isWord(tokens[index], word))
}

/** The name at a position, and the position after it; undefined where there is none. */
export function nameAt(
  tokens: readonly Token[],
  at: number,
): { readonly name: NameInSql; readonly next: number } | undefined {
  const first = tokens[at]
  if (!isName(first)) return undefined
  const second = tokens[at + 2]
  return tokens[at + 1]?.value === '.' && isName(second)
    ? { name: { schema: first.value, name: second.value }, next: at + 3 }
    : { name: { schema: undefined, name: first.value }, next: at + 1 }
}

export function isName(token: Token | undefined): token is Token {
  return token?.kind === 'word' || token?.kind === 'quoted'
}
