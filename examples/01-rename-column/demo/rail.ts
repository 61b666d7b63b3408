import type { CommandJson } from './command-line.ts'
import type { Screen } from './screen.ts'

const stages = ['Expand', 'Fill', 'Switch', 'Contract'] as const

/** Where the change stands, for people: `Expand ✓   Fill ✓ 200,000 rows, 0 differ   Switch ● 50 % read new   Contract ·`. */
export function rail(plan: CommandJson, readPercent: number, screen: Screen): string {
  const isDone = plan.next?.kind === 'done'
  const current = stages.indexOf(stageOf(plan.phase))
  return stages
    .map((stage, index) => {
      if (isDone || index < current) return `${stage} ${screen.style('green', '✓')}`
      if (index > current) return `${stage} ${screen.style('dim', '·')}`
      const detail = detailOf(plan, readPercent)
      return `${screen.style('bold', stage)} ${screen.style('yellow', '●')}${detail === '' ? '' : ` ${detail}`}`
    })
    .join('   ')
}

function stageOf(phase: string | undefined): (typeof stages)[number] {
  switch (phase) {
    case 'dual-write':
      return 'Fill'
    case 'read-switch':
    case 'read-new':
      return 'Switch'
    case 'new-only':
    case 'contracted':
      return 'Contract'
    default:
      return 'Expand'
  }
}

function detailOf({ phase, hold, verifiedRows }: CommandJson, readPercent: number): string {
  switch (phase) {
    case 'dual-write':
      return typeof verifiedRows === 'number' ? `${verifiedRows.toLocaleString('en-US')} rows, 0 differ` : ''
    case 'read-switch':
      return typeof hold === 'string' ? 'held on old' : `${readPercent} % read new`
    case 'read-new':
      return 'all read new'
    case 'new-only':
      return 'old kept in sync'
    default:
      return ''
  }
}
