import pg from 'pg'
import type { Session } from '../control/session.ts'

/**
 * Runs `work`; an abort cancels the statement that its connection is executing, so that the open transaction rolls back
 * at once instead of when a long index build has ended.
 *
 * @throws the reason of the signal, in place of what the cancelled statement raised.
 */
export async function cancellable<Result>(
  { client }: Session,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  if (signal === undefined) return work()
  signal.throwIfAborted()
  let cancelling: Promise<void> | undefined
  const onAbort = (): void => {
    cancelling = cancelStatement(client)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    await cancelling
  }
}

/** Through a connection of its own, as the one in question is busy. Does nothing where no statement runs. */
async function cancelStatement(client: pg.Client): Promise<void> {
  const { processID } = client as pg.Client & { readonly processID: number | null }
  const { host, port, user, password, database, ssl } = client
  const canceller = new pg.Client({
    host,
    port,
    ssl,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined || password === null ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    application_name: 'expand-contract',
    connectionTimeoutMillis: 5_000,
  })
  canceller.on('error', () => undefined)
  try {
    await canceller.connect()
    await canceller.query('SELECT pg_cancel_backend($1)', [processID])
  } catch {
    // Too many connections, for example: the statement ends by itself, and the transaction rolls back then.
  } finally {
    await canceller.end().catch(() => undefined)
  }
}
