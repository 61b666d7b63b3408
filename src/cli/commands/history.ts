import { type HistoryEntry, readHistory } from '../../control/history.ts'
import { changeCommand } from '../change-command.ts'
import { exitCode } from '../exit-code.ts'

export default changeCommand({
  name: 'history',
  description: 'Show what was decided about a change, by whom and on what grounds',
  hidden: true,
  args: {},
  async run({ output, target: { session, change } }) {
    const entries = await readHistory(session.db, change.id)
    for (const { at, action, fromPhase, toPhase, who, overrideReason, evidence } of entries) {
      const what = fromPhase === toPhase ? `${action} in ${toPhase}` : `${fromPhase} → ${toPhase}`
      output.line(`${at.toISOString().slice(0, 19).replace('T', ' ')}  ${what.padEnd(28)} ${output.style('dim', who)}`)
      const said = saidIn(evidence)
      if (said !== undefined) output.line(`    ${said}`)
      if (overrideReason !== null) output.line(`    ${output.style('yellow', 'forced:')} ${overrideReason}`)
    }
    if (entries.length === 0) output.line('Nothing has been decided yet.')
    output.result({ change: change.id, history: entries })
    return exitCode.ok
  },
})

/** What somebody said or did beyond the step itself: why reads are held, how he knows, whose sessions he ended. */
function saidIn({ reason, statement, terminated }: HistoryEntry['evidence']): string | undefined {
  if (typeof reason === 'string') return reason
  if (typeof statement === 'string') return statement
  if (!Array.isArray(terminated)) return undefined
  const sessions = terminated as readonly { readonly pid: number; readonly application: string }[]
  return `ended: ${sessions.map(({ pid, application }) => `pid ${pid} (${application || 'no application name'})`).join(', ')}`
}
