import type { Server } from '../lab/server.ts'
import type { Site } from '../lab/site.ts'
import type { FlagSource } from '../subjects/row-store.ts'

/** Where processes work, before anybody does. */
export interface Place {
  readonly server: Server
  /** Name of the database. */
  readonly database: string
  /** Where processes connect. */
  readonly url: string
  /** Where the command line connects. */
  readonly directUrl: string
  readonly flags: FlagSource
}

/** Circumstances that last for a whole run: a pooler in between, a replica, hostile settings. */
export interface Condition {
  readonly name: string
  readonly does: string
  /** Before there is any table. May put something between the processes and the database. */
  readonly begin?: (place: Place) => Promise<Partial<Pick<Place, 'url' | 'directUrl' | 'flags'>>>
  /** The table is there and filled, as the old release made it. */
  readonly prepare?: (site: Site) => Promise<void>
  /** Everybody has left; what went wrong is reported. */
  readonly check?: (site: Site) => Promise<void>
  /** Takes away what it brought, also where the run failed. */
  readonly end?: () => Promise<void>
}
