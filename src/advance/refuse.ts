import { failure } from '../errors/index.ts'
import type { Facts } from '../phase/facts.ts'
import type { Blocker } from '../phase/transitions.ts'

/**
 * Lets a step pass if nothing blocks it, or if only courtesy guards do and a reason was given to override them.
 *
 * @throws ExpandContractError EC_GUARD_REFUSED with everything that blocks.
 */
export function refuseIfBlocked(
  facts: Facts,
  to: string,
  blockers: readonly Blocker[],
  force: string | undefined,
): void {
  const refusing = standingBlockers(blockers, force)
  if (refusing.length === 0) return
  throw failure('EC_GUARD_REFUSED', {
    id: facts.changeId,
    from: facts.phase,
    to,
    reasons: refusing.map(({ reason }) => reason),
    forceable: refusing.every(({ kind }) => kind === 'courtesy'),
  })
}

/** What still blocks where a reason was given to override courtesy; all of it where none was. */
export function standingBlockers(blockers: readonly Blocker[], force: string | undefined): readonly Blocker[] {
  return force === undefined ? blockers : blockers.filter(({ kind }) => kind === 'safety')
}
