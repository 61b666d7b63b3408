import { idNamed, openProject, type Project, withControl } from '../../config/project.ts'
import { changesWithHistory, type HistoryEntry, readHistory } from '../../control/history.ts'
import type { Session } from '../../control/session.ts'
import { failure } from '../../errors/index.ts'
import { changeArg } from '../args.ts'
import { command } from '../command.ts'
import { exitCode } from '../exit-code.ts'

export default command({
  name: 'history',
  description: 'Show what was decided about a change, by whom and on what grounds',
  hidden: true,
  args: changeArg,
  async run({ args, output }) {
    const project = await openProject(args)
    const { id, entries } = await withControl(project, (session) => historyOf(project, session, args.change))
    for (const { at, action, fromPhase, toPhase, who, overrideReason, evidence } of entries) {
      const what = fromPhase === toPhase ? `${action} in ${toPhase}` : `${fromPhase} → ${toPhase}`
      output.line(`${at.toISOString().slice(0, 19).replace('T', ' ')}  ${what.padEnd(28)} ${output.style('dim', who)}`)
      const said = saidIn(evidence)
      if (said !== undefined) output.line(`    ${said}`)
      if (overrideReason !== null) output.line(`    ${output.style('yellow', 'forced:')} ${overrideReason}`)
    }
    if (entries.length === 0) output.line('Nothing has been decided yet.')
    output.result({ change: id, history: entries })
    return exitCode.ok
  },
})

/** Of a declared change, or of any that the database knows: its declaration goes when it has ended, and its history stays. */
async function historyOf({ changes }: Project, { db }: Session, named: string | undefined) {
  const declared = changes.map((change) => change.id)
  const id = idNamed(declared.length > 0 ? declared : await changesWithHistory(db), named)
  const entries = await readHistory(db, id)
  if (entries.length === 0 && !declared.includes(id)) throw failure('EC_CHANGE_UNDECLARED', { id, declared })
  return { id, entries }
}

/** What somebody said or did beyond the step itself: why reads are held, how he knows, whose sessions he ended. */
function saidIn({ reason, statement, terminated }: HistoryEntry['evidence']): string | undefined {
  if (typeof reason === 'string') return reason
  if (typeof statement === 'string') return statement
  if (!Array.isArray(terminated)) return undefined
  const sessions = terminated as readonly { readonly pid: number; readonly application: string }[]
  return `ended: ${sessions.map(({ pid, application }) => `pid ${pid} (${application || 'no application name'})`).join(', ')}`
}
