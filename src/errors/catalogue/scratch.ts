import { entry } from './entry.ts'

/** The throw-away PostgreSQL of tests and demos. */
export const scratchErrors = {
  EC_SCRATCH: entry<{ problem: string; advice: string }>({
    outcome: 'failed',
    message: ({ problem }) => problem,
    fix: ({ advice }) => advice,
  }),
} as const
