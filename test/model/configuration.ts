import type { Phase, Side, Synchronisation } from '../../src/phase/phase.ts'
import type { Engine } from './engine.ts'
import type { Protocol } from './protocol.ts'
import type { Control, Outcome, Row } from './state.ts'

/** Who takes part, where the change begins, and where the exploration stops. */
export interface Configuration {
  readonly name: string
  readonly engine: Engine
  readonly sync: Synchronisation
  readonly copyBack: boolean
  /** Steps that lead out of these are not taken. */
  readonly phases: readonly Phase[]
  /** Most steps of the phase, arming, drains and attestations not counted. */
  readonly mostSteps: number
  readonly processes: number
  /** Writers of one side alone, by the side. */
  readonly writers: readonly Side[]
  readonly workers: number
  readonly operators: number
  /** What writes leave. */
  readonly outcomes: readonly Outcome[]
  /** Leases run out while their process stands still. */
  readonly leasesRunOut: boolean
  /** Transactions are open for a while before they write. */
  readonly opensEarly: boolean
  /** Somebody switches the trigger off and on. */
  readonly hands: boolean
  /** Courtesy guards are overridden. */
  readonly forces: boolean
  /** Operators decide first and lock the change's row later. */
  readonly decidesAhead: boolean
  readonly begins: {
    readonly control: Partial<Control> & Pick<Control, 'phase'>
    readonly row: Row
    /** What processes saw last. Default: the phase. */
    readonly view?: Phase
  }
}

/** What the specification does not promise; each has a test that shows it happening. */
export type Limit = 'writes past a disabled trigger'

/** What actors act by. */
export interface World {
  readonly configuration: Configuration
  readonly protocol: Protocol
  /** Limits that are no violation. */
  readonly limits: readonly Limit[]
}
