import pg from 'pg'
import { notificationChannel } from '../control/change-row.ts'

/**
 * Hears of transitions as they are committed, on a connection of its own, so that processes follow in milliseconds
 * instead of at the next poll. Polling goes on: a notification may be lost with the connection.
 *
 * @param url PostgreSQL itself; LISTEN does not work through a transaction pooler.
 * @param interrupted aborts where nobody wants to hear of them any more.
 * @returns a function that stops listening.
 */
export async function listenForTransitions(
  url: string,
  onTransition: () => void,
  interrupted: AbortSignal,
): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: url, application_name: 'expand-contract listener' })
  client.on('error', () => undefined) // a lost connection costs promptness only
  client.on('notification', onTransition)
  try {
    await client.connect()
    await client.query(`LISTEN ${notificationChannel}`)
    interrupted.throwIfAborted()
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
  return () => client.end().catch(() => undefined)
}
