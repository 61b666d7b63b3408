import type { Phase } from '../../../src/phase/phase.ts'
import type { Configuration } from '../configuration.ts'
import { sameRow } from '../same-row.ts'
import type { Control, Row } from '../state.ts'

export const unfilled: Row = { present: true, old: 'current', next: 'stale', latest: 'value', quarantined: false }
export const inAgreement: Row = { present: true, old: 'current', next: 'current', latest: 'value', quarantined: false }

export const proved = {
  synced: true,
  filled: true,
  verified: true,
  verifiedSinceEntry: true,
} satisfies Partial<Control>

export const plain: Omit<Configuration, 'name' | 'phases' | 'begins'> = {
  engine: sameRow,
  sync: 'trigger',
  copyBack: true,
  mostSteps: 5,
  processes: 2,
  writers: [],
  workers: 0,
  operators: 1,
  outcomes: ['value'],
  leasesRunOut: false,
  opensEarly: false,
  hands: false,
  forces: true,
  decidesAhead: false,
}

export const anything = ['value', 'nothing', 'deleted'] as const

export const filling: readonly Phase[] = ['expanded', 'dual-write', 'read-switch']
export const switching: readonly Phase[] = ['dual-write', 'read-switch', 'read-new', 'new-only']
export const contracting: readonly Phase[] = ['read-switch', 'read-new', 'new-only', 'contracted']
