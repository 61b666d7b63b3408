import { isBefore, type Mode, type Phase, phases } from './phase.ts'

/** What a unit of work does with a change, and the epoch by which that was decided. */
export interface Decided {
  readonly mode: Mode
  readonly epoch: number
}

/** Where a change is now, by its row. */
export interface Standing {
  readonly phase: Phase
  readonly syncSince: number | null
}

/**
 * True where the side that was chosen to read still holds what is right: the truth, or what has been written with it
 * since before the choice.
 */
export function readStillFits({ mode, epoch }: Decided, { phase, syncSince }: Standing): boolean {
  const { truth, write } = phases[phase]
  return mode.read === truth || (write === 'both' && syncSince !== null && epoch >= syncSince)
}

/** True where every side is written that somebody may read now, and no column is named that may not be there. */
export function writeStillFits({ mode }: Decided, { phase }: Standing): boolean {
  if (mode.write === phases[phase].write) return true
  return mode.write === 'both' && phase !== 'abandoned' && !isBefore(phase, 'expanded') && isBefore(phase, 'contracted')
}
