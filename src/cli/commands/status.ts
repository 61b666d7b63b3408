import { planNext } from '../../advance/plan.ts'
import { openProject, type Project, targetOf, withControl } from '../../config/project.ts'
import { type ChangeRow, readChangeRows } from '../../control/change-row.ts'
import type { Session } from '../../control/session.ts'
import { processName } from '../../phase/facts.ts'
import { command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { planJson, showPlan } from '../show-plan.ts'

export default command({
  name: 'status',
  description: 'Show all changes, the processes and what blocks the next steps',
  args: {},
  async run({ args, output, signal }) {
    const project = await openProject(args)
    return withControl(project, async (session) => {
      const shown: Record<string, unknown>[] = []
      for (const change of project.changes) {
        if (shown.length > 0) output.line()
        const plan = await planNext(targetOf(project, session, change, signal))
        showPlan(plan, project.config.environment, output)
        for (const process of plan.facts.processes) {
          output.line(
            output.style(
              'dim',
              `  ${processName(process)} · ${process.oldestPhase ?? 'does not know the change'} · flags: ${process.flags}`,
            ),
          )
        }
        for (const writer of plan.facts.unawareWriters) output.line(output.style('dim', `  unaware writer: ${writer}`))
        shown.push(planJson(plan))
      }
      if (shown.length === 0) output.line('No change is declared.')
      const undeclared = await undeclaredChanges(session, project)
      for (const { id, phase } of undeclared) {
        output.line(output.style('yellow', `"${id}" is in "${phase}" here and is not declared in this code.`))
      }
      output.result({
        environment: project.config.environment ?? null,
        database: session.address,
        changes: shown,
        undeclared,
      })
      return undeclared.length === 0 ? exitCode.ok : exitCode.actionNeeded
    })
  },
})

/** Changes that have not ended in this database and that this code knows nothing of. */
async function undeclaredChanges({ db }: Session, { changes }: Project) {
  const declared = new Set(changes.map(({ id }) => id))
  const hasEnded = ({ phase, droppedAt }: ChangeRow) => phase === 'abandoned' || droppedAt !== null
  return [...(await readChangeRows(db)).values()]
    .filter((row) => !declared.has(row.id) && !hasEnded(row))
    .map(({ id, phase }) => ({ id, phase }))
}
