import { setTimeout as sleep } from 'node:timers/promises'
import { backfilledRows } from './backfill-progress.ts'
import { changeId, type Stage } from './stage.ts'

/** A part of the story: what happens, why, and how. */
export interface Scene {
  readonly title: string
  readonly why: string
  readonly play: (stage: Stage) => Promise<void>
}

export const deploy: Scene = {
  title: 'The new release is deployed, before anything else',
  why: 'It speaks of fullName already. Repositories translate: the column does not exist yet.',
  async play(stage) {
    await stage.command('init')
    stage.good('The control tables are there; the users are as they were.')
    await stage.props.fleet.start('service-1', 'service-2')
    await stage.seen('planned')
    await stage.traffic()
  },
}

export const flipInPlanned: Scene = {
  title: 'Somebody turns the read flag on much too early',
  why: 'Flags request, the database permits: there is no column to read.',
  play: (stage) => stage.flipTooEarly('planned'),
}

export const expand: Scene = {
  title: 'Expand: the new column, and a sync trigger for writers that know nothing of it',
  why: 'The DDL waits for its lock in short tries, so that no request queues up behind it.',
  async play(stage) {
    await stage.command('migrate')
    stage.good('full_name is there, and every write fills it, whoever makes it. The later steps wait.')
    await stage.seen('expanded')
    await stage.traffic()
  },
}

export const dualWrite: Scene = {
  title: 'Repositories write both columns',
  why: 'The old release and the raw writer go on writing the old one; the trigger copies.',
  async play(stage) {
    await stage.command('next', changeId)
    await stage.seen('dual-write')
    await stage.traffic()
  },
}

export const killedBackfill: Scene = {
  title: 'Fill: the backfill is killed in the middle (SIGKILL)',
  why: 'Each page commits together with its checkpoint.',
  async play(stage) {
    const { commands, pool, rows } = stage.props
    stage.showCommand('backfill', changeId)
    // Small pages, so that there is time to meet it on its way.
    const backfill = commands.start('backfill', changeId, '--page-rows', String(Math.ceil(rows / 200)))
    let isOver = false
    void backfill.result.finally(() => {
      isOver = true
    })
    while (!isOver && (await backfilledRows(pool)) < rows * 0.3) await sleep(2)
    backfill.process.kill('SIGKILL')
    await backfill.result
    const seen = await backfilledRows(pool)
    const text = `Killed at ${percentOf(seen, rows)} (${count(seen)} rows).`
    if (isHalfWay(seen, rows)) stage.good(text)
    else stage.problem(`${text} It was to be between 20 and 80 %.`)
  },
}

export const flipHalfWay: Scene = {
  title: 'The flag is turned on again, over a half-filled column',
  why: 'The phase still says: read old. So nobody reads an empty name.',
  play: (stage) => stage.flipTooEarly('dual-write'),
}

export const resumedBackfill: Scene = {
  title: 'The backfill goes on, and both columns are compared, row by row',
  why: 'Steps that need no decision can run in a deploy pipeline.',
  async play(stage) {
    const { pool, rows } = stage.props
    const checkpoint = await backfilledRows(pool)
    const { resumed, rowsSeen = 0 } = await stage.command('backfill', changeId)
    const text = `Resumed at ${percentOf(checkpoint, rows)} (${count(checkpoint)} rows), done at ${count(rowsSeen)} rows.`
    if (resumed && isHalfWay(checkpoint, rows)) stage.good(text)
    else stage.problem(`${text} It was to go on between 20 and 80 %.`)
    await verifyBySafeSteps(stage)
  },
}

/** Without the kill, for the stories that are about something else. */
export const backfill: Scene = {
  title: 'Fill the new column, and compare both, row by row',
  why: 'Steps that need no decision can run in a deploy pipeline.',
  play: verifyBySafeSteps,
}

export const partialReads: Scene = {
  title: 'Switch: 5 %, then 50 %, then all users read the new column',
  why: 'Processes may disagree for a moment; both columns are equal, so nobody can tell.',
  async play(stage) {
    await stage.nextUntil('read-switch')
    await stage.seen('read-switch')
    for (const percent of [5, 50, 100]) {
      stage.turnFlag(percent)
      await stage.traffic()
    }
  },
}

export const readNew: Scene = {
  title: 'All reads are moved to the new column for good',
  why: '`next` compares again, and waits until it has observed that reads are on new; a flag alone is no evidence.',
  async play(stage) {
    await stage.nextUntil('read-new', '--wait')
    await stage.seen('read-new')
    await stage.traffic()
  },
}

export const backToOldReads: Scene = {
  title: 'A rollback in the middle: everybody reads the old column again',
  why: 'It has been written all the time. The flag still says new; the database holds reads on old.',
  async play(stage) {
    await stage.command('back', changeId, '--yes')
    await stage.seen('read-switch')
    await stage.traffic()
  },
}

export const newOnly: Scene = {
  title: 'Contract: repositories stop using the old column',
  why: 'The trigger now copies back, so that old stays right for whoever reads it, and for a rollback.',
  async play(stage) {
    await stage.nextUntil('new-only', '--wait')
    await stage.seen('new-only')
    await stage.traffic()
  },
}

export const backToReadNew: Scene = {
  title: 'A rollback, even from here',
  why: 'Repositories write both columns again; nothing has to be copied first.',
  async play(stage) {
    await stage.command('back', changeId, '--yes')
    await stage.seen('read-new')
    await stage.traffic()
  },
}

export const farewell: Scene = {
  title: 'Who still writes the old column?',
  why: '`next` names them and refuses to go on until they are gone.',
  async play(stage) {
    const { code, json } = await stage.tryCommand('next', changeId)
    if (code === 0) stage.problem('`next` went on although the old release and the raw writer are still there.')
    for (const { reason } of json.blockedBy ?? []) {
      const { screen } = stage.props
      screen.line(reason, { indent: 4, mark: `${screen.style('yellow', '!')} ` })
    }
    stage.unawareWriters.push(...(json.unawareWriters ?? []).map(applicationOf))
    const leaving = ['old-release', 'raw-writer'] as const
    for (const name of leaving) {
      if (!stage.unawareWriters.includes(name)) stage.problem(`\`next\` did not name ${name}.`)
    }
    await stage.props.fleet.stop(...leaving)
    stage.good('The old release and the raw writer have left.')
    await stage.command('next', changeId, '--wait')
    stage.good('From now on a write to the old column alone is refused instead of copied.')
    await stage.traffic()
  },
}

export const contract: Scene = {
  title: 'The old column is retired and dropped',
  why: 'By rename first, so that it could still be taken back; the soak is 0 here, and 7 days by default.',
  async play(stage) {
    await stage.command('contract', changeId, '--yes')
    stage.good('Refused, retired, dropped. The service has not noticed.')
    await stage.seen('contracted')
    await stage.traffic()
    const { next } = await stage.command('next', changeId)
    if (next?.kind !== 'done') stage.problem(`There is still something to do: ${next?.does}.`)
  },
}

/** Everything, forwards, with a rollback in the middle and one near the end. */
export const wholeStory: readonly Scene[] = [
  deploy,
  flipInPlanned,
  expand,
  dualWrite,
  killedBackfill,
  flipHalfWay,
  resumedBackfill,
  partialReads,
  readNew,
  backToOldReads,
  { ...readNew, title: 'Forwards again' },
  newOnly,
  backToReadNew,
  { ...newOnly, title: 'Forwards again' },
  farewell,
  contract,
]

async function verifyBySafeSteps(stage: Stage): Promise<void> {
  const { verifiedRows: rows } = await stage.command('next', '--all', '--safe')
  if (typeof rows === 'number') stage.good(`${count(rows)} rows compared, 0 differ.`)
  else stage.problem('The columns could not be verified.')
}

function isHalfWay(seen: number, rows: number): boolean {
  return seen >= rows * 0.2 && seen <= rows * 0.8
}

/** `"raw-writer" (role …)`: the command line names a session by its application first. */
function applicationOf(writer: string): string {
  return /^"([^"]*)"/.exec(writer)?.[1] ?? writer
}

function percentOf(part: number, whole: number): string {
  return `${Math.round((part * 100) / whole)} %`
}

export function count(number: number): string {
  return number.toLocaleString('en-US')
}
