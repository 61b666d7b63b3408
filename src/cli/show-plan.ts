import { describeBack, describeNext } from '../advance/describe.ts'
import type { NextPlan } from '../advance/plan.ts'
import { backStep } from '../phase/back-step.ts'
import { decisionOf, isSafe } from '../phase/next-step.ts'
import type { Blocker } from '../phase/transitions.ts'
import { beside, wrapped } from './layout.ts'
import type { Output } from './output.ts'
import { heading, processLine, rail, stageOf } from './rail.ts'

/** Shows where a change is, what comes next, what blocks it, and how to undo it. */
export function showPlan(plan: NextPlan, environment: string | undefined, output: Output): void {
  const { facts, row, step } = plan
  const railFacts = { facts, verifiedRows: row?.verifiedRows ?? null, environment }
  output.line(heading(railFacts, output))
  output.line(rail(railFacts, output))
  if (row !== undefined && facts.droppedAt === null) output.line(processLine(facts))
  output.line(
    beside([`${output.style('bold', 'Next:')} ${describeNext(step, facts)}.`, ...undoHint(plan)], output.columns),
  )
  showBlockers(plan.blockers, output)
}

export function showBlockers(blockers: readonly Blocker[], output: Output): void {
  if (blockers.length === 0) return
  output.line(
    output.style(
      'yellow',
      blockers.every(({ kind }) => kind === 'courtesy') ? 'Blocked (out of courtesy) by:' : 'Blocked by:',
    ),
  )
  for (const { reason } of blockers) {
    output.line(`  ${output.style('yellow', '!')} ${wrapped(reason, output.columns, 4)}`)
  }
}

function undoHint({ facts, row }: NextPlan): readonly string[] {
  if (row === undefined || backStep(facts).kind === 'none') return []
  return [`Undo at any time: npx expand-contract back ${facts.changeId}`]
}

/** The plan as `--json` prints it. */
export function planJson({ facts, step, blockers, row }: NextPlan): Record<string, unknown> {
  const back = backStep(facts)
  return {
    change: facts.changeId,
    stage: stageOf(facts),
    phase: facts.phase,
    epoch: facts.epoch,
    readPercent: facts.readPercent,
    hold: facts.hold,
    verifiedRows: row?.verifiedRows ?? null,
    quarantined: facts.quarantined,
    processes: facts.processes,
    unawareWriters: facts.unawareWriters,
    next: { ...step, does: describeNext(step, facts), safe: isSafe(step), decision: decisionOf(step) ?? null },
    blockedBy: blockers,
    undo:
      row === undefined || back.kind === 'none'
        ? null
        : { command: `npx expand-contract back ${facts.changeId}`, does: describeBack(back, facts) },
  }
}
