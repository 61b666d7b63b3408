import { type NextPlan, planNext } from '../../advance/plan.ts'
import type { AnyChange } from '../../change/change.ts'
import { openProject, type Project, targetOf, withControl } from '../../config/project.ts'
import { hasEnded, type RecordedChanges, recordedChanges } from '../../control/recorded-changes.ts'
import type { Session } from '../../control/session.ts'
import { ExpandContractError } from '../../errors/index.ts'
import { processName, processState } from '../../phase/live-process.ts'
import { command } from '../command.ts'
import { type ExitCode, exitCode, exitCodeOf } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { readSafeReleases, safeReleasesJson, showSafeReleases } from '../safe-releases.ts'
import { planJson, showPlan } from '../show-plan.ts'

export default command({
  name: 'status',
  description: 'Show all changes, the processes and what blocks the next steps',
  args: {},
  async run({ args, output, signal }) {
    const project = await openProject(args)
    return withControl(project, async (session) => {
      const shown: Shown[] = []
      for (const change of project.changes) {
        if (shown.length > 0) output.line()
        shown.push(await showChange(project, session, change, output, signal))
      }
      if (shown.length === 0) output.line('No change is declared.')
      const recorded = await recordedChanges(session.db)
      const undeclared = undeclaredChanges(recorded, project)
      for (const { id, phase } of undeclared) {
        output.line(output.style('yellow', `"${id}" is in "${phase}" here and is not declared in this code.`))
      }
      const releases = await readSafeReleases(session.db, recorded.readable)
      showSafeReleases(releases, output)
      output.result({
        environment: project.config.environment ?? null,
        database: session.address,
        changes: shown.map(({ json }) => json),
        undeclared,
        releases: safeReleasesJson(releases),
      })
      const failed = shown.find(({ exit }) => exit !== exitCode.ok)
      return failed?.exit ?? (undeclared.length === 0 ? exitCode.ok : exitCode.actionNeeded)
    })
  },
})

/** What was shown of one change. */
interface Shown {
  readonly json: Readonly<Record<string, unknown>>
  readonly exit: ExitCode
}

/** A change that cannot be judged (declared differently, its row edited by hand) does not hide the others. */
async function showChange(
  project: Project,
  session: Session,
  change: AnyChange,
  output: Output,
  signal: AbortSignal,
): Promise<Shown> {
  try {
    const plan = await planNext(targetOf(project, session, change, signal))
    showPlan(plan, project.config.environment, output)
    showOthers(plan, output)
    return { json: planJson(plan), exit: exitCode.ok }
  } catch (error) {
    if (!(error instanceof ExpandContractError)) throw error
    const { code, message, fix, outcome } = error
    output.line(output.style('bold', change.id))
    output.line(`${output.style('red', code)}  ${message}`)
    output.line(`${output.style('dim', '→')} ${fix}`)
    return { json: { change: change.id, error: { code, message, fix } }, exit: exitCodeOf(outcome) }
  }
}

/** Who else uses the table: processes of the registry, and sessions that are in none. */
function showOthers({ facts: { processes, unawareWriters } }: NextPlan, output: Output): void {
  for (const process of processes) {
    const { flags, problem } = process
    const line = `  ${processName(process)} ${processState(process)} · flags: ${flags}`
    output.line(output.style(problem === undefined ? 'dim' : 'yellow', line))
  }
  for (const writer of unawareWriters) output.line(output.style('dim', `  unaware writer: ${writer}`))
}

/** Changes that have not ended in this database and that this code knows nothing of. */
function undeclaredChanges({ readable, unreadable }: RecordedChanges, { changes }: Project) {
  const declared = new Set(changes.map(({ id }) => id))
  return [
    ...readable.filter((row) => !hasEnded(row)).map(({ id, phase }) => ({ id, phase: phase as string })),
    ...unreadable.map(({ id }) => ({ id, phase: 'unreadable' })),
  ].filter(({ id }) => !declared.has(id))
}
