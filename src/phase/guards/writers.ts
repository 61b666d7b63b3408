import { type Facts, isArmed } from '../facts.ts'
import { courtesy, type Guard, safety } from './guard.ts'

export const nobodyWritesOldAlone: Guard = {
  name: 'nobody has written old alone within the soak',
  kind: courtesy,
  blockers: (facts) => [
    ...facts.unawareWriters.map((writer) => `${writer} wrote ${facts.oldName} alone`),
    ...remainingSoak(facts),
  ],
}

/** A writer that comes by once a week can be seen only once it has had the time to. */
function remainingSoak({ namedSince, soakMs, now, oldName }: Facts): readonly string[] {
  const until = (namedSince?.getTime() ?? now.getTime()) + soakMs
  return until <= now.getTime()
    ? []
    : [`writers of ${oldName} alone have been watched for less than the soak; it ends ${new Date(until).toISOString()}`]
}

export const armed: Guard = {
  name: 'writes to old alone are refused',
  kind: safety,
  blockers: (facts) =>
    isArmed(facts)
      ? []
      : ['writes to old alone are still accepted: `next` arms the refusal once nobody writes old alone'],
}

/** Without a sync trigger nothing in the database sees a writer that passes the repositories by; somebody has to answer for it. */
export const attested: Guard = {
  name: 'somebody answers for it that nothing else writes the table',
  kind: safety,
  blockers: ({ attested, oldName }) =>
    attested
      ? []
      : [
          `there is no sync trigger, so no other writer of ${oldName} would be seen: look for some, then say with \`--attest <how you know>\` that there is none`,
        ],
}
