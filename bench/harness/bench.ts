import { type DatabaseServer, openScratchServer, type Setting } from '../../src/scratch/index.ts'
import type { Request } from './command-line.ts'

/** What a group measures with: sizes, and databases on a server of its own. */
export interface Bench extends Pick<Request, 'rows' | 'rounds' | 'callsPerRound'> {
  /** Makes a database, empty or as a copy of another one to which nobody is connected. Returns its URL. */
  createDatabase(options?: { readonly template: string }): Promise<string>
  dropDatabase(url: string): Promise<void>
  /** Says what is going on, on stderr. */
  note(text: string): void
  /** Drops what is left of the databases and gives the server up. */
  close(): Promise<void>
}

/**
 * Durable as in production; large enough for the walks that are compared not to meet a checkpoint or the end of the
 * buffers at different places.
 */
const settings: Readonly<Record<string, Setting>> = {
  shared_buffers: '1GB',
  max_wal_size: '16GB',
  checkpoint_timeout: '1h',
}

/** Opens the server: the one that `DATABASE_URL` names, with its own settings, else one started for the purpose. */
export async function openBench(request: Request): Promise<Bench> {
  const server = await openScratchServer({ fsync: true, settings })
  const { rows, rounds, callsPerRound } = request
  return { rows, rounds, callsPerRound, ...databasesOf(server), note: (text) => process.stderr.write(`${text}\n`) }
}

function databasesOf(server: DatabaseServer): Pick<Bench, 'createDatabase' | 'dropDatabase' | 'close'> {
  const names = new Set<string>()
  const drop = async (name: string) => {
    await server.dropDatabase(name)
    names.delete(name)
  }
  return {
    async createDatabase(options) {
      const url = await server.createDatabase(options && { template: databaseName(options.template) })
      names.add(databaseName(url))
      return url
    },
    dropDatabase: (url) => drop(databaseName(url)),
    async close() {
      for (const name of names) await drop(name)
      await server.stop()
    },
  }
}

function databaseName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1))
}
