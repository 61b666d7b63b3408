import { Pool } from 'pg'
import { type ScratchServer, startScratchServer } from '../../../src/scratch/index.ts'
import { identifier, literal } from '../../../src/sql/identifier.ts'
import { passwordCanary } from './outputs.ts'
import { Relay } from './relay.ts'
import { labApplication } from './site.ts'
import { follow, promote } from './standby.ts'

/** Owns the databases of the lab and their tables, with no rights beyond; the command line and most processes connect as it. */
export const ownerRole = 'lab_owner'
/** May read and write the rows, and nothing beyond. */
export const applicationRole = 'lab_application'

/** What faults need of a server, and real ones have: it waits for the disk, and its WAL can be decoded. */
const settings = {
  wal_level: 'logical',
  wal_keep_size: '256MB',
  max_connections: 300,
  max_prepared_transactions: 10,
  deadlock_timeout: '200ms',
}

/** The PostgreSQL of a lab. */
export class Server {
  readonly #primary: ScratchServer
  #pair: { readonly standby: ScratchServer; readonly relay: Relay } | undefined

  private constructor(primary: ScratchServer) {
    this.#primary = primary
  }

  static async start(): Promise<Server> {
    const server = new Server(await startScratchServer({ fsync: true, settings }))
    for (const role of [ownerRole, applicationRole]) {
      await server.execute('postgres', `CREATE ROLE ${role} LOGIN PASSWORD ${literal(passwordCanary)}`)
    }
    return server
  }

  /** A server with a synchronous standby, and an address that leads to whichever of them is the primary. */
  static async startWithStandby(): Promise<Server> {
    const server = await Server.start()
    const standby = await startScratchServer({ fsync: true, settings })
    server.#pair = { standby, relay: await Relay.start(server.#primary.port) }
    await follow(standby, server.#primary)
    return server
  }

  /** Kills the primary; the standby takes over its address. */
  async failOver(): Promise<void> {
    if (this.#pair === undefined) throw new Error('There is no standby.')
    const { standby, relay } = this.#pair
    await this.#primary.crash()
    await promote(standby)
    relay.lead(standby.port)
  }

  async createDatabase(name: string): Promise<void> {
    await this.#primary.createDatabase({ name })
    await this.execute('postgres', `ALTER DATABASE ${identifier(name)} OWNER TO ${ownerRole}`)
  }

  dropDatabase(name: string): Promise<void> {
    return this.execute('postgres', `DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`)
  }

  /** The URL of a database for a role, with its password; for the superuser without one. */
  url(database: string, role?: string): string {
    const url = new URL(this.#primary.url)
    if (this.#pair !== undefined) url.port = String(this.#pair.relay.port)
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

  async stop(): Promise<void> {
    await this.#pair?.relay.stop()
    await this.#pair?.standby.stop()
    await this.#primary.stop()
  }
}
