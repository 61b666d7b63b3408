import type { Problem } from './problem.ts'
import type { ServerOptions } from './settings.ts'

/** What the starter asks of the supervisor. To stop, it closes the channel, which its own end does as well. */
export type Command =
  | { readonly do: 'create'; readonly installation: string; readonly options: ServerOptions }
  | { readonly do: 'start' }
  | { readonly do: 'crash' }

/** A server that accepts connections. */
export interface RunningServer {
  readonly port: number
  /** Of the postmaster. */
  readonly pid: number
  /** Holds all that the server has on disk. */
  readonly directory: string
}

/** Commands are answered once each, in the order in which they were sent, with the server as it is or last was. */
export type Answer = { readonly server: RunningServer } | { readonly failed: Problem }
