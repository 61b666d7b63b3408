/** How long a process counts as live after its last renewal, in milliseconds, unless `createToolkit` is told otherwise. */
export const defaultLeaseMs = 15_000

/** The longest lease that a process may ask for: for so long a crashed one would block a step. One hour. */
export const longestLeaseMs = 3_600_000

/** How often a registration is renewed within its lease. */
export const renewalsPerLease = 5
