import { createDatabase, type DatabaseOptions, type DatabaseServer, dropDatabase } from './databases.ts'
import { problems, scratchFailure } from './problem.ts'
import { startScratchServer } from './server.ts'
import type { ServerOptions } from './settings.ts'

/**
 * A server for scratch databases: the one that `DATABASE_URL` names, else one started for the purpose.
 *
 * A server that is not ours is never stopped, and its settings stay as they are: `options` apply to our own only.
 */
export async function openScratchServer(options: ServerOptions = {}): Promise<DatabaseServer> {
  const url = process.env.DATABASE_URL
  return url === undefined || url === '' ? startScratchServer(options) : borrowServer(url)
}

/** A handle on a server that somebody else runs. Its user must be allowed to create databases. */
export function borrowServer(url: string): DatabaseServer {
  if (!URL.canParse(url)) throw scratchFailure(problems.databaseUrlInvalid())
  return {
    url,
    createDatabase: (options?: DatabaseOptions) => createDatabase(url, options),
    dropDatabase: (name: string) => dropDatabase(url, name),
    stop: async () => {},
  }
}
