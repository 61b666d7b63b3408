import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../../examples/01-rename-column/demo/until.ts'
import type { Random } from '../../support/random.ts'
import type { Site } from '../lab/site.ts'
import type { Fault } from './fault.ts'

/** Longer than most commands take, so that a kill may also come too late; then the next one is hit. */
const latestMs = 600

/** SIGKILL of a process that writes; another one takes its place. */
export const killWriter: Fault = {
  name: 'sigkill-writer',
  does: 'SIGKILL of a service or a writer by SQL, in the middle of what it does',
  async inject(site, random) {
    const targets = site.fleet.targets()
    if (targets.length === 0) return
    await site.fleet.kill(random.pick(targets))
    site.tally.add('SIGKILL of a writer')
  },
}

/** SIGKILL of a command, at any moment between its start and its end. */
export const killCommand: Fault = {
  name: 'sigkill-command',
  does: 'SIGKILL of the command line',
  async inject(site, random) {
    await hit(site, random)
    site.tally.add('SIGKILL of the command line')
  },
}

/** Starts a backfill in small pages and SIGKILLs it; the next one goes on from its checkpoint. */
export const killBackfill: Fault = {
  name: 'sigkill-backfill',
  does: 'SIGKILL of the backfill between two pages or in the middle of one',
  async inject(site, random) {
    const running = site.commands.run('backfill', site.operator.change, '--page-rows', '20')
    const [command] = [...site.commands.running].slice(-1)
    await sleep(random.between(400, 1_200))
    if (command?.child.kill('SIGKILL')) site.tally.add('SIGKILL of a backfill')
    await running
  },
}

async function hit(site: Site, random: Random): Promise<void> {
  for (;;) {
    await until('a command to kill', () => site.commands.running.size > 0)
    const command = random.pick([...site.commands.running])
    await sleep(random.below(latestMs))
    if (site.commands.running.has(command) && command.child.kill('SIGKILL')) return
  }
}
