import type { ClientBase } from 'pg'

/** What a query object of one's own sees of pg's connection; `@types/pg` leaves it out. */
interface CopyConnection {
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/**
 * Runs `COPY … FROM STDIN` with the given lines, in PostgreSQL's text format: columns divided by tabs, `\N` for NULL.
 *
 * pg itself refuses COPY; it hands the protocol's messages to whatever object runs as the query.
 */
export function copyFrom(client: ClientBase, statement: string, lines: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined
    client.query({
      submit: (connection: unknown) => (connection as CopyConnection).query(statement),
      handleCopyInResponse: (connection: CopyConnection) => {
        connection.sendCopyFromChunk(Buffer.from(lines.map((line) => `${line}\n`).join('')))
        connection.endCopyFrom()
      },
      handleCommandComplete: () => undefined,
      handleError: (error: Error) => {
        failure = error
        reject(error)
      },
      handleReadyForQuery: () => (failure === undefined ? resolve() : undefined),
    } as never)
  })
}
