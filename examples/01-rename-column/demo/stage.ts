import type { Pool } from 'pg'
import type { CommandJson, CommandLine, CommandResult } from './command-line.ts'
import type { Fleet, Writer } from './fleet.ts'
import { rail } from './rail.ts'
import type { Screen } from './screen.ts'
import { until } from './until.ts'

/** The change that the story is about. */
export const changeId = 'user-full-name'

/** Requests that every process makes before the story goes on, so that each situation meets traffic. */
const requestsPerScene = 80

const actionNeeded = 2

/** What the director of the demo works with. */
export interface Props {
  readonly screen: Screen
  readonly fleet: Fleet
  readonly commands: CommandLine
  /** For looking at the progress of the backfill, and for sabotage. */
  readonly pool: Pool
  /** Users in the table at the beginning. */
  readonly rows: number
  /** Requests that have to be made in all. */
  readonly requests: number
}

/** The stage on which the story is played: everything a scene can do, and what has to be remembered for the end. */
export class Stage {
  readonly props: Props
  /** Names of the sessions that `next` told to be writing the old column. */
  readonly unawareWriters: string[] = []
  /** What did not happen although it had to. */
  readonly problems: string[] = []
  #readPercent = 0
  /** What the command line said it would do next. */
  #upcoming: string | undefined

  constructor(props: Props) {
    this.props = props
  }

  tell(text: string): void {
    this.props.screen.line(text, { indent: 4 })
  }

  /** Something that happened as it should. */
  good(text: string): void {
    const { screen } = this.props
    screen.line(text, { indent: 4, mark: `${screen.style('green', '✓')} ` })
  }

  problem(text: string): void {
    const { screen } = this.props
    this.problems.push(text)
    screen.line(text, { indent: 4, mark: `${screen.style('red', '✗')} ` })
  }

  /** Runs the command line, and shows and returns where the change stands then. @throws Error where the command fails or is blocked. */
  async command(...args: readonly string[]): Promise<CommandJson> {
    const { code, json } = await this.tryCommand(...args)
    if (code !== 0) throw new Error(`expand-contract ${args.join(' ')} ended with ${code}: ${reasonOf(json)}`)
    const plan = json.changes?.[0] ?? json
    if (args.join(' ').startsWith(`next ${changeId}`) && this.#upcoming !== undefined) this.good(this.#upcoming)
    this.#upcoming = plan.next?.does
    if (plan.phase !== undefined) this.#showRail(plan)
    return plan
  }

  /** Runs the command line; it may be blocked. @throws Error where it fails. */
  async tryCommand(...args: readonly string[]): Promise<CommandResult> {
    this.showCommand(...args)
    const result = await this.props.commands.run(...args)
    if (result.code !== 0 && result.code !== actionNeeded)
      throw new Error(`expand-contract ${args.join(' ')} failed: ${reasonOf(result.json)}`)
    return result
  }

  showCommand(...args: readonly string[]): void {
    const shown = args.map((argument) => (argument.includes(' ') ? `'${argument}'` : argument)).join(' ')
    this.props.screen.line(`npx expand-contract ${shown}`, { indent: 4, mark: '$ ', style: 'cyan' })
  }

  /** Repeats `next` until the change is in a phase. */
  async nextUntil(phase: string, ...options: readonly string[]): Promise<void> {
    for (let steps = 0; steps < 5; steps += 1) {
      const plan = await this.command('next', changeId, '--yes', ...options)
      if (plan.phase === phase) return
    }
    throw new Error(`\`next\` did not lead to "${phase}"`)
  }

  /** The director plays the flag service: so many of a hundred users shall read new. */
  turnFlag(percent: number): void {
    this.#readPercent = percent
    this.props.fleet.flag(percent)
    this.props.screen.line(`the read flag is turned to ${percent} %`, { indent: 4, mark: '⚑ ', style: 'magenta' })
  }

  /** Waits until every process has made a fair number of requests in the situation as it is now. */
  async traffic(requests = requestsPerScene): Promise<void> {
    await this.props.fleet.traffic(requests)
  }

  /** Waits until all processes of the new release have seen a phase. */
  async seen(phase: string): Promise<void> {
    await this.#toldByServices(`the services seeing "${phase}"`, (writer) => {
      const latest = this.props.fleet.events().findLast(({ writer: by, event }) => by === writer && 'phase' in event)
      return latest !== undefined && 'phase' in latest.event && latest.event.phase === phase
    })
  }

  /** Turns the flag on where the phase forbids it: every service has to say that it goes on reading old. */
  async flipTooEarly(phase: string): Promise<void> {
    const { fleet } = this.props
    const before = fleet.events().length
    this.turnFlag(100)
    await this.traffic()
    try {
      await this.#toldByServices(
        `a log line about the flag in "${phase}"`,
        (writer) =>
          fleet
            .events(before)
            .some(({ writer: by, event }) => by === writer && event.type === 'read-clamped' && event.phase === phase),
        5_000,
      )
      this.good('Nothing changed but a log line.')
    } catch {
      this.problem('The services did not say that they read old, whatever the flag says.')
    }
    this.turnFlag(0)
  }

  async #toldByServices(what: string, hasTold: (writer: Writer) => boolean, timeoutMs = 30_000): Promise<void> {
    const services = this.props.fleet.live().filter((name) => name.startsWith('service'))
    await until(what, () => services.every(hasTold), { timeoutMs })
  }

  #showRail(plan: CommandJson): void {
    const { screen } = this.props
    screen.line(rail(plan, this.#readPercent, screen), { indent: 4 })
  }
}

function reasonOf({ error, blockedBy = [] }: CommandJson): string {
  if (error !== undefined) return `${error.code} ${error.message} ${error.fix}`
  return blockedBy.map(({ reason }) => reason).join('; ') || 'it did not say why'
}
