import type { ClientBase, QueryResult } from 'pg'
import { errorCode } from '../errors/index.ts'

/** Settings of a transaction that walks a table. */
export interface WalkSettings {
  /** How long one lock is waited for, in milliseconds. */
  readonly lockTimeoutMs: number
  /** How long one statement may take, in milliseconds; 0 for as long as it needs. */
  readonly statementTimeoutMs: number
}

/**
 * Runs statements as one transaction in one round trip; it holds its locks for no longer than the server works on it.
 *
 * Each statement has a snapshot of its own, whatever isolation level the database has as its default: what one locks,
 * the next sees as it is.
 *
 * @returns the result of each statement.
 */
export async function queryInOneTrip(
  client: ClientBase,
  settings: WalkSettings,
  statements: readonly string[],
): Promise<readonly QueryResult[]> {
  const prologue = ['BEGIN ISOLATION LEVEL READ COMMITTED', ...settingStatements(settings)]
  try {
    const results = await client.query([...prologue, ...statements, 'COMMIT'].join(';\n'))
    return (results as unknown as QueryResult[]).slice(prologue.length, -1)
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

function settingStatements({ lockTimeoutMs, statementTimeoutMs }: WalkSettings): readonly string[] {
  const settings = {
    lock_timeout: lockTimeoutMs,
    statement_timeout: statementTimeoutMs,
    // A page is a range of the key's index. Statistics that are missing or old must not turn it into a scan of the table.
    enable_seqscan: 'off',
    enable_bitmapscan: 'off',
    enable_sort: 'off',
    max_parallel_workers_per_gather: 0,
    jit: 'off',
    // Keys are kept as text and read back, perhaps by a session with other settings.
    datestyle: "'ISO, YMD'",
    intervalstyle: 'postgres',
    extra_float_digits: 1,
  }
  return Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = ${value}`)
}

/** True for what a statement raises that takes longer than its timeout: undone, and worth another try with fewer rows. */
export function wasTooSlow(error: unknown): boolean {
  return errorCode(error) === '57014'
}
