import type { Phase } from '../phase/phase.ts'

/** Where a verification proves something: both columns exist and are written together. */
export const verificationPhases: readonly Phase[] = ['expanded', 'dual-write', 'read-switch', 'read-new', 'new-only']
