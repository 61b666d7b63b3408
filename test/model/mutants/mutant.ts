import type { configurations } from '../configurations.ts'
import type { Protocol } from '../protocol.ts'

/** The protocol with one thing replaced. It has to be found out in the world that is named. */
export interface Mutant {
  readonly name: string
  /** What it breaks, in the words of the rule. */
  readonly rule: string
  readonly replaced: Partial<Protocol>
  /** A safeguard that would hide it, left out as well; without it alone, nothing is broken yet. */
  readonly hiddenBy?: Partial<Protocol>
  readonly world: keyof typeof configurations
  /** The property that has to fall first. */
  readonly breaks: string
}
