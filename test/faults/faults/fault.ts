import type { Random } from '../../support/random.ts'
import type { Site } from '../lab/site.ts'

/** Something that goes wrong while everybody works. */
export interface Fault {
  /** By which `--only` chooses it. */
  readonly name: string
  /** What it does, for the report. */
  readonly does: string
  /**
   * Injects it once, and resolves when its own part is over. It counts itself (`site.tally`), explains the refusals that
   * it brings about (`site.explanations`), and takes everything that it chooses from `random`.
   */
  readonly inject: (site: Site, random: Random) => Promise<void>
}
