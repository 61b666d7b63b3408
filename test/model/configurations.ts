import type { Phase } from '../../src/phase/phase.ts'
import type { Configuration } from './configuration.ts'
import { sameRow } from './same-row.ts'
import type { Control, Row } from './state.ts'
import { twoTables } from './two-tables.ts'

const unfilled: Row = { present: true, old: 'current', next: 'stale', latest: 'value' }
const inAgreement: Row = { present: true, old: 'current', next: 'current', latest: 'value' }

const proved = { synced: true, filled: true, verified: true, verifiedSinceEntry: true } satisfies Partial<Control>

const plain: Omit<Configuration, 'name' | 'phases' | 'begins'> = {
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

const filling: readonly Phase[] = ['expanded', 'dual-write', 'read-switch']
const switching: readonly Phase[] = ['dual-write', 'read-switch', 'read-new', 'new-only']
const contracting: readonly Phase[] = ['read-switch', 'read-new', 'new-only', 'contracted']

/** Small worlds, each of which has room for one kind of trouble. */
export const configurations = {
  filling: {
    ...plain,
    name: 'filling',
    phases: filling,
    mostSteps: 4,
    writers: ['old'],
    workers: 1,
    begins: { control: { phase: 'expanded' }, row: unfilled },
  },
  switching: {
    ...plain,
    name: 'switching',
    phases: switching,
    mostSteps: 5,
    writers: ['old', 'new'],
    begins: { control: { phase: 'read-switch', ...proved }, row: inAgreement },
  },
  contracting: {
    ...plain,
    name: 'contracting',
    phases: contracting,
    mostSteps: 7,
    writers: ['old'],
    begins: { control: { phase: 'read-new', mode: 'both', ...proved }, row: inAgreement },
  },
  withoutCopyBack: {
    ...plain,
    name: 'without copy-back',
    copyBack: false,
    phases: switching,
    mostSteps: 6,
    processes: 1,
    writers: ['old'],
    workers: 1,
    outcomes: ['value', 'held by old'],
    leasesRunOut: true,
    begins: { control: { phase: 'read-new', mode: 'both', ...proved }, row: inAgreement },
  },
  withoutTrigger: {
    ...plain,
    name: 'without a trigger',
    sync: 'none',
    copyBack: false,
    phases: filling,
    mostSteps: 5,
    processes: 1,
    writers: ['old'],
    workers: 1,
    leasesRunOut: true,
    begins: { control: { phase: 'expanded' }, row: unfilled },
  },
  splitFilling: {
    ...plain,
    name: 'split, filling',
    engine: twoTables,
    phases: filling,
    mostSteps: 3,
    processes: 1,
    writers: ['old'],
    workers: 1,
    outcomes: ['value', 'nothing', 'deleted'],
    begins: { control: { phase: 'dual-write' }, row: unfilled },
  },
} as const satisfies Record<string, Configuration>
