import { statementBreakpoint } from '../drizzle/migration-folder.ts'

/** One statement of a migration file, without its semicolon. */
export interface Statement {
  /** For the reviewer: why it is safe, and which lock it takes. Left out where the statement before has said it. */
  readonly why?: string
  readonly sql: string
}

/** Statements between two breakpoints. They are sent to the server as one text, so they take effect together or not at all. */
export type Chunk = readonly Statement[]

/** The text of a migration file: head comment, then the chunks with drizzle-kit's breakpoints between them. */
export function sqlFile(head: readonly string[], chunks: readonly Chunk[]): string {
  const body = chunks.map((chunk) => chunk.map(statementText).join('\n\n'))
  return `${head.join('\n')}\n\n${body.join(`\n${statementBreakpoint}\n`)}\n`
}

function statementText({ why, sql }: Statement): string {
  const terminated = `${sql.trim().replace(/;$/, '')};`
  return why === undefined ? terminated : `${comment(why)}\n${terminated}`
}

/** Text as SQL comment lines of readable width. */
export function comment(text: string): string {
  const lines: string[] = ['--']
  for (const word of text.split(/\s+/)) {
    const line = `${lines.at(-1)} ${word}`
    if (line.length > 116 && lines.at(-1) !== '--') lines.push(`-- ${word}`)
    else lines[lines.length - 1] = line
  }
  return lines.join('\n')
}
