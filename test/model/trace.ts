import type { Counterexample } from './checker.ts'
import type { State } from './state.ts'

/** A counterexample for people: one line a step, with what is committed after it, and what it breaks. */
export function printTrace({ initial, steps, violation }: Counterexample): string {
  const lines = steps.map(({ label, state }, at) => {
    const number = String(at + 1).padStart(3)
    return `${number}. ${label.padEnd(longestLabel)} │ ${summary(state)}`
  })
  return [
    `     ${'at first'.padEnd(longestLabel)} │ ${summary(initial)}`,
    ...lines,
    `     ${violation.property}: ${violation.fact}`,
  ].join('\n')
}

const longestLabel = 84

/** `read-new, trigger "both", filled, verified │ old stale, new current` */
function summary({ control, row }: State): string {
  const words = [
    control.phase,
    control.mode === null ? 'no trigger' : `trigger "${control.mode}"${control.triggerOn ? '' : ' (disabled)'}`,
    control.filled ? `filled ${control.direction}` : 'not filled',
    control.verified ? 'verified' : 'not verified',
    ...(control.held ? ['held'] : []),
    ...(control.mismatch ? ['mismatch'] : []),
    ...(control.retired ? ['retired'] : []),
  ]
  const sides = row.present ? `old ${row.old}, new ${row.next}` : `no row, old ${row.old}, new ${row.next}`
  return `${words.join(', ')} │ ${sides}`
}
