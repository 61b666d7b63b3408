import type { ToolkitEvent } from 'drizzle-expand-contract'

/** What the director tells a process of the service. */
export type Order =
  /** The read flag, as a flag service would deliver it: so many of a hundred users read new. */
  { readonly order: 'flag'; readonly percent: number } | { readonly order: 'stop' }

/** What a process of the service tells the director. */
export type Report =
  | { readonly report: 'serving' }
  | { readonly report: 'traffic'; readonly requests: number; readonly failed: number }
  /** Something that the toolkit had to tell. */
  | { readonly report: 'event'; readonly event: ToolkitEvent }
