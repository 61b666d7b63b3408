import { type Facts, isVerified, isVerifiedSinceEntry, keepsOldInSync, oldMayBeBehind } from '../facts.ts'
import { type Guard, safety } from './guard.ts'

export const filled: Guard = {
  name: 'the new side is filled',
  kind: safety,
  blockers: ({ backfillDone }) => (backfillDone ? [] : ['the backfill has not finished']),
}

export const verified: Guard = {
  name: 'both sides are verified',
  kind: safety,
  blockers: reasonsAgainst,
}

function reasonsAgainst(facts: Facts): readonly string[] {
  if (isVerified(facts)) return []
  return [
    facts.openMismatches > 0
      ? `${facts.openMismatches} row(s) differ: \`npx expand-contract verify ${facts.changeId} --repair\` copies from the side that holds the truth`
      : `both sides have not been verified since they are written together: \`npx expand-contract verify ${facts.changeId}\` compares them`,
  ]
}

/** Where a row is in quarantine, the side that is read next lacks its value. */
export const quarantineEmpty: Guard = {
  name: 'no row is in quarantine',
  kind: safety,
  blockers: ({ quarantined, changeId }) =>
    quarantined === 0
      ? []
      : [
          `${quarantined} row(s) hold a value that the transform rejects; their keys are in expand_contract.quarantine: change or delete them, then \`expand-contract verify ${changeId}\` looks at them again`,
        ],
}

export const verifiedSinceEntry: Guard = {
  name: 'both sides are verified again since reads may be new',
  kind: safety,
  blockers: (facts) =>
    isVerifiedSinceEntry(facts) ? [] : [`no verification has finished since the change entered "${facts.phase}"`],
}

/**
 * Where old is not kept in sync from new-only on, no later verification can find what new lacks, so it has to be proved
 * now. A change that came back from new-only was proved when it went there.
 */
export const verifiedWhereOldIsGivenUp: Guard = {
  name: 'both sides are verified before old is given up',
  kind: safety,
  blockers: (facts) => (wasGivenUp(facts) || keepsOldInSync(facts) ? [] : reasonsAgainst(facts)),
}

/** At the contract: by a verification, or, where old has not been written since new-only, by the one at its entry. */
export const newIsProved: Guard = {
  name: 'the new side is verified',
  kind: safety,
  blockers: (facts) => (wasGivenUp(facts) && !keepsOldInSync(facts) ? [] : reasonsAgainst(facts)),
}

/**
 * Old was given up once, after both sides had been verified. A proof that began anew where new holds the truth, for the
 * trigger was altered, fills old as well; but there new may lack what was written past the trigger.
 */
function wasGivenUp({ backfillDirection, verifiedEpoch }: Facts): boolean {
  return backfillDirection === 'reverse' && verifiedEpoch !== null
}

/** Reads of old show again what it holds, so it has to hold everything. */
export const oldCaughtUp: Guard = {
  name: 'old holds what new holds',
  kind: safety,
  blockers: (facts) =>
    oldMayBeBehind(facts)
      ? [
          facts.backfillDone
            ? `${facts.oldName} has been filled from ${facts.newName} and not verified yet: \`back\` compares them`
            : `${facts.oldName} has not been written all the time: \`back\` fills it from ${facts.newName} first`,
        ]
      : [],
}
