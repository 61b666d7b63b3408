import type { Phase } from '../phase/phase.ts'

/** What a toolkit tells about itself; `message` is a whole sentence without values of rows. */
export type ToolkitEvent = { readonly level: 'info' | 'warn'; readonly message: string } & (
  | { readonly type: 'phase'; readonly changeId: string; readonly phase: Phase; readonly epoch: number }
  /** The catalog decided, as no row speaks of the change. */
  | { readonly type: 'phase-derived'; readonly changeId: string; readonly phase: Phase }
  /** The flag asked for a side that the phase does not permit. Once per change, phase and wish. */
  | { readonly type: 'read-clamped'; readonly changeId: string; readonly phase: Phase; readonly wish: 'old' | 'new' }
  /** The phases, or the registration, could not be refreshed; the last known phases stay in force. */
  | { readonly type: 'refresh-failed' }
  | { readonly type: 'refreshed-again' }
  | { readonly type: 'flags' }
  /** A unit of work keeps an old decision for so long that it holds up the next steps. */
  | { readonly type: 'long-unit' }
)

/** Hears what a toolkit tells about itself. What it throws is passed over. */
export type Log = (event: ToolkitEvent) => void

/** Writes events to the console, one line each. */
export const consoleLog: Log = ({ level, message }) => console[level](`[expand-contract] ${message}`)
