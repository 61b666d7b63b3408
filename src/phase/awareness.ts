import { isBefore, type Phase, type Synchronisation } from './phase.ts'

/** What of a change decides whether code that does not know it may run. */
export interface AwarenessFacts {
  readonly phase: Phase
  readonly sync: Synchronisation
}

/**
 * What becomes of code that knows the old side of a change alone, in words; undefined where it can run.
 *
 * With the sync trigger it can until new-only: old is kept in sync in both directions. From there on its writes are
 * refused as soon as the refusal is armed, which follows by itself. Without the trigger nobody copies what it writes, so it
 * cannot from dual-write on.
 */
export function harmToUnaware({ phase, sync }: AwarenessFacts): string | undefined {
  if (phase === 'contracted') return 'the old side is given up, and whoever names it fails'
  if (!isBefore(phase, 'new-only')) return 'writes to the old side alone are refused, or soon will be'
  if (sync === 'none' && !isBefore(phase, 'dual-write')) {
    return 'there is no sync trigger, so the new side would miss what is written to the old one'
  }
  return undefined
}
