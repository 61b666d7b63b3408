import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { errorCode, failure, withoutValues } from '../errors/index.ts'
import { problems, scratchFailure } from './problem.ts'
import { poll } from './wait.ts'

export interface DatabaseOptions {
  /** Default: `scratch_` and a random number. */
  readonly name?: string
  /** The database to copy. Nobody may be connected to it. Default: PostgreSQL's own `template1`. */
  readonly template?: string
}

/** A PostgreSQL server on which databases can be made and dropped at will. */
export interface DatabaseServer {
  /** Of the database that a server has from its beginning; the user is a superuser unless `DATABASE_URL` says otherwise. */
  readonly url: string
  /** Makes a database and returns its URL, with the user of the server's own. */
  createDatabase(options?: DatabaseOptions): Promise<string>
  /** Drops a database by its name, and ends the connections to it. One that does not exist is fine. */
  dropDatabase(name: string): Promise<void>
  /** Gives the server up. Only a server that was started here is stopped. */
  stop(): Promise<void>
}

/** SQLSTATE of a template that somebody is connected to: for a moment longer, where a pool or autovacuum just leaves. */
const objectInUse = '55006'
const insufficientPrivilege = '42501'
const templateTimeoutMs = 10_000

/** Makes a database on the server at `url`. */
export async function createDatabase(url: string, options: DatabaseOptions = {}): Promise<string> {
  const name = options.name ?? `scratch_${randomBytes(6).toString('hex')}`
  const template = options.template === undefined ? '' : ` template ${pg.escapeIdentifier(options.template)}`
  let inUse: unknown
  const isMade = await poll(
    async () => {
      try {
        await execute(url, `create database ${pg.escapeIdentifier(name)}${template}`)
        return true
      } catch (error) {
        if (!(error instanceof Error) || errorCode(error.cause) !== objectInUse) throw error
        inUse = error
        return false
      }
    },
    { timeoutMs: templateTimeoutMs, intervalMs: 50 },
  )
  if (isMade === undefined) throw inUse
  const database = new URL(url)
  database.pathname = `/${encodeURIComponent(name)}`
  return database.href
}

/** Drops a database of the server at `url`, whoever is connected to it. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  await execute(url, `drop database if exists ${pg.escapeIdentifier(name)} with (force)`)
}

/** Runs one statement on a connection of its own, since most of these cannot run inside a transaction. */
async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
  } catch (error) {
    const safe = withoutValues(error)
    throw failure('EC_UNREACHABLE', { host: new URL(url).host, reason: safe.message }, safe)
  }
  try {
    await client.query(statement)
  } catch (error) {
    if (errorCode(error) === insufficientPrivilege) throw scratchFailure(problems.mayNotCreate())
    const safe = withoutValues(error)
    throw failure('EC_QUERY_FAILED', { operation: `"${statement}"`, problem: safe.message }, safe)
  } finally {
    await client.end()
  }
}
