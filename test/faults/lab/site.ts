import type { Pool } from 'pg'
import type { Random } from '../../support/random.ts'
import type { Condition } from '../conditions/condition.ts'
import type { Explanations } from '../ledger/explanations.ts'
import type { Violation } from '../ledger/verdict.ts'
import type { Variant } from '../subjects/row-store.ts'
import type { Subject } from '../subjects/subject.ts'
import type { Chronicle } from './chronicle.ts'
import type { Commands } from './commands.ts'
import type { Fleet } from './fleet.ts'
import type { Operator } from './operator.ts'
import type { PhaseWatch } from './phase-watch.ts'
import type { Server } from './server.ts'
import type { Tally } from './tally.ts'

/** Everything of one run that a fault or a scenario may lay its hands on. */
export interface Site {
  readonly server: Server
  readonly subject: Subject
  readonly variant: Variant
  readonly conditions: readonly Condition[]
  /** Where processes connect, and where the command line does. */
  readonly url: string
  readonly directUrl: string
  /** The lab's own connections, as superuser: they set up, look and do damage, and are damaged by nobody. */
  readonly admin: Pool
  readonly fleet: Fleet
  readonly commands: Commands
  readonly operator: Operator
  readonly watch: PhaseWatch
  readonly explanations: Explanations
  /** Faults as they are injected. */
  readonly tally: Tally
  readonly chronicle: Chronicle
  readonly random: Random
  readonly leaseMs: number
  /** What has been reported so far. */
  readonly violations: readonly Violation[]
  /** Something that did not go as it has to. */
  report(violation: Violation): void
}

/** The application name of the lab's own connections. */
export const labApplication = 'fault-lab'
