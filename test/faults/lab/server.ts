import { Pool } from 'pg'
import { type ScratchServer, startScratchServer } from '../../../src/scratch/index.ts'
import { identifier, literal } from '../../../src/sql/identifier.ts'
import { passwordCanary } from './outputs.ts'
import { labApplication } from './site.ts'

/** Owns the databases of the lab and their tables, with no rights beyond; the command line and most processes connect as it. */
export const ownerRole = 'lab_owner'
/** May read and write the rows, and nothing beyond. */
export const applicationRole = 'lab_application'

/** What faults need of a server, and real ones have: it waits for the disk, and its WAL can be decoded. */
const settings = {
  wal_level: 'logical',
  max_connections: 300,
  max_prepared_transactions: 10,
  deadlock_timeout: '200ms',
}

/** The PostgreSQL of a lab. */
export class Server {
  readonly scratch: ScratchServer

  private constructor(scratch: ScratchServer) {
    this.scratch = scratch
  }

  static async start(): Promise<Server> {
    const server = new Server(await startScratchServer({ fsync: true, settings }))
    for (const role of [ownerRole, applicationRole]) {
      await server.execute('postgres', `CREATE ROLE ${role} LOGIN PASSWORD ${literal(passwordCanary)}`)
    }
    return server
  }

  async createDatabase(name: string): Promise<void> {
    await this.scratch.createDatabase({ name })
    await this.execute('postgres', `ALTER DATABASE ${identifier(name)} OWNER TO ${ownerRole}`)
  }

  dropDatabase(name: string): Promise<void> {
    return this.scratch.dropDatabase(name)
  }

  /** The URL of a database for a role, with its password; for the superuser without one. */
  url(database: string, role?: string): string {
    const url = new URL(this.scratch.url)
    url.pathname = `/${encodeURIComponent(database)}`
    if (role !== undefined) {
      url.username = encodeURIComponent(role)
      url.password = passwordCanary
    }
    return url.href
  }

  /** The lab's own connections to a database, as superuser. */
  admin(database: string): Pool {
    const pool = new Pool({ connectionString: this.url(database), application_name: labApplication })
    pool.on('error', () => undefined)
    pool.on('connect', (client) => client.on('error', () => undefined))
    return pool
  }

  /** Runs one statement as superuser. */
  async execute(database: string, statement: string): Promise<void> {
    const pool = this.admin(database)
    try {
      await pool.query(statement)
    } finally {
      await pool.end()
    }
  }

  stop(): Promise<void> {
    return this.scratch.stop()
  }
}
