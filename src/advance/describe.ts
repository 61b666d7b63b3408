import type { BackStep } from '../phase/back-step.ts'
import { type Facts, keepsOldInSync } from '../phase/facts.ts'
import type { NextStep } from '../phase/next-step.ts'
import type { Phase } from '../phase/phase.ts'

type Wording = (facts: Facts) => string

/** What entering a phase on the way forward does, in the words of those who decide on it. */
const entering: Readonly<Partial<Record<Phase, Wording>>> = {
  expanded: () => 'record that the new column and its sync trigger are in place',
  'dual-write': ({ oldName, newName }) => `repositories write ${oldName} and ${newName}`,
  'read-switch': () => 'the read flag may choose the new side',
  'read-new': () => 'all reads to new, whatever the flag says',
  'new-only': ({ oldName }) => `repositories stop using ${oldName}`,
  contracted: ({ oldName }) => `give up ${oldName}: it is renamed out of the way, and dropped after the soak`,
}

export function describeNext(step: NextStep, facts: Facts): string {
  switch (step.kind) {
    case 'migrate':
      return `apply the expand migration (\`npx expand-contract migrate\`)`
    case 'transition':
      return entering[step.to]?.(facts) ?? step.to
    case 'backfill':
      return `fill ${facts.newName} from ${facts.oldName}`
    case 'verify':
      return 'compare both sides, row by row'
    case 'reads':
      return facts.hold === null
        ? `${step.percent} % of keys read new`
        : `lift the hold, ${step.percent} % of keys read new`
    case 'reinstall':
      return 'put the sync trigger back, which was dropped by hand; then both sides are filled and compared anew'
    case 'prove-anew':
      return 'fill and compare both sides anew: the sync trigger was altered by hand or missing for a while'
    case 'arm':
      return `refuse writes to ${facts.oldName} alone`
    case 'retire':
      return `rename ${facts.oldName} out of the way`
    case 'soak':
      return `drop the retired column, from ${step.until.toISOString().slice(0, 16).replace('T', ' ')} UTC on`
    case 'drop':
      return 'drop the retired column'
    case 'done':
      return facts.phase === 'abandoned'
        ? `nothing: the change was abandoned; delete the new key and the declaration, then \`generate --abandon ${facts.changeId}\``
        : 'nothing: delete the old key and the declaration from your code'
  }
}

export function describeBack(step: BackStep, facts: Facts): string {
  if (step.kind === 'none') return `nothing: ${step.reason}`
  if (step.kind === 'unretire') return `the retired column gets its name back; ${whetherInSync(facts)}`
  if (step.kind === 'backfill') return `fill ${facts.oldName} from ${facts.newName}`
  if (step.kind === 'verify') return 'compare both sides, row by row'
  const leaving: Readonly<Partial<Record<Phase, Wording>>> = {
    expanded: () => 'abandon the change; its later steps will not run',
    'dual-write': ({ newName, sync }) =>
      `repositories stop writing ${newName}; ${sync === 'trigger' ? 'the sync trigger goes on filling it' : 'nobody writes it from then on'}`,
    'read-switch': () => 'all reads to old; the percentage goes back to 0',
    'read-new': () => 'all reads to old, held there until `next` or `reads` lifts it',
    'new-only': (where) => `repositories write ${where.oldName} again; ${whetherInSync(where)}`,
    contracted: ({ oldName }) => `${oldName} counts as in use again`,
  }
  return leaving[facts.phase]?.(facts) ?? step.to
}

function whetherInSync(facts: Facts): string {
  return keepsOldInSync(facts) ? 'it has been kept in sync' : 'before it is read again, `back` fills it'
}
