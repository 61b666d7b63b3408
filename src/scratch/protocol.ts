import type { Problem } from './problem.ts'
import type { ServerOptions } from './settings.ts'

/** What the starter asks of the supervisor. To stop, it closes the channel, which its own end does as well. */
export type Command =
  | { readonly do: 'create'; readonly installation: string; readonly options: ServerOptions }
  | { readonly do: 'start' }
  | { readonly do: 'crash' }

/** Every command is answered once, in the order in which they were sent. */
export type Answer =
  | { readonly directory: string; readonly port: number; readonly pid: number }
  | { readonly failed: Problem }
