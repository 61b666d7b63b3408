/** A word of SQL text. Comments, strings and dollar-quoted bodies are no tokens: what they hold is not read. */
export interface Token {
  /** `word`: not quoted, folded to lower case as PostgreSQL does. `quoted`: an identifier in double quotes, unescaped. */
  readonly kind: 'word' | 'quoted' | 'literal' | 'symbol'
  readonly value: string
  readonly start: number
  readonly end: number
}

/** What SQL text is made of, by its first characters. Sticky, tried in this order. */
const lexemes: readonly (readonly [kind: Token['kind'] | 'skipped', pattern: RegExp])[] = [
  ['skipped', /\s+|--[^\n]*/y],
  ['quoted', /(?:U&)?"(?:[^"]|"")*"/iy],
  // Escape strings end a quote with a backslash too; U&, B, X and N strings do not.
  ['literal', /E'(?:[^'\\]|''|\\.)*'/isy],
  ['literal', /(?:U&|[BXN])?'(?:[^']|'')*'/iy],
  ['literal', /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?\$\1\$/y],
  ['literal', /\d[\w.]*/y],
  ['word', /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y],
  ['symbol', /[\s\S]/y],
]

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    const comment = endOfBlockComment(text, at)
    if (comment !== undefined) {
      at = comment
      continue
    }
    const { kind, end } = lexemeAt(text, at)
    if (kind !== 'skipped') tokens.push({ kind, value: readValue(kind, text.slice(at, end)), start: at, end })
    at = end
  }
  return tokens
}

function lexemeAt(text: string, at: number): { readonly kind: Token['kind'] | 'skipped'; readonly end: number } {
  for (const [kind, pattern] of lexemes) {
    pattern.lastIndex = at
    if (pattern.test(text)) return { kind, end: pattern.lastIndex }
  }
  return { kind: 'symbol', end: at + 1 }
}

function readValue(kind: Token['kind'], text: string): string {
  if (kind === 'word') return text.toLowerCase()
  return kind === 'quoted' ? text.slice(text.indexOf('"') + 1, -1).replaceAll('""', '"') : text
}

/** Block comments nest in PostgreSQL. */
function endOfBlockComment(text: string, start: number): number | undefined {
  if (!text.startsWith('/*', start)) return undefined
  const marks = /\/\*|\*\//g
  marks.lastIndex = start
  let depth = 0
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return marks.lastIndex
  }
  return text.length
}
