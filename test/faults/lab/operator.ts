import type { Random } from '../../support/random.ts'
import type { CommandResult, Commands } from './commands.ts'
import type { PhaseWatch } from './phase-watch.ts'

/** How far up and how far down the operator goes before it turns round. */
const summits = ['read-switch', 'read-new', 'new-only', 'armed', 'retired'] as const
const valleys = ['expanded', 'dual-write', 'read-switch'] as const
type Place = (typeof summits)[number] | (typeof valleys)[number]

const reason = 'the fault lab goes on'
/** More steps than any way between two places has, blocked and killed ones included. */
const stepLimit = 400

export const exitCodes = { ok: 0, failed: 1, actionNeeded: 2 } as const

/** Somebody who moves the change by the command line, and repeats what did not work. */
export class Operator {
  readonly #commands: Commands
  readonly #watch: PhaseWatch
  readonly #random: Random
  readonly change: string
  /** Ends of commands that no operator expects: neither done, nor blocked, nor killed. */
  readonly failures: CommandResult[] = []
  /** Whether rows are copied in small pages, so that a backfill takes a while. */
  pageRows = 5_000

  constructor(commands: Commands, watch: PhaseWatch, change: string, random: Random) {
    this.#commands = commands
    this.#watch = watch
    this.change = change
    this.#random = random
  }

  /** One step forward, or the backfill where it is due. */
  async next(...options: readonly string[]): Promise<CommandResult> {
    const result = await this.#run('next', this.change, '--yes', '--force', reason, ...options)
    if (result.json.next?.kind === 'backfill')
      await this.#run('backfill', this.change, '--page-rows', String(this.pageRows))
    return result
  }

  back(...options: readonly string[]): Promise<CommandResult> {
    return this.#run('back', this.change, '--yes', '--force', reason, ...options)
  }

  reads(percent: number): Promise<CommandResult> {
    return this.#run('reads', this.change, String(percent))
  }

  /** Step after step, forward or back. @throws Error where it does not get there. */
  async goTo(place: Place, direction: 'next' | 'back', isOver: () => boolean = () => false): Promise<void> {
    const blocked: string[] = []
    for (let steps = 0; steps < stepLimit; steps += 1) {
      await this.#watch.look().catch(() => undefined)
      if (this.isAt(place) || isOver()) return
      const result = direction === 'next' ? await this.next() : await this.back()
      blocked.push(...(result.json.blockedBy ?? []).map(({ reason }) => reason))
    }
    throw new Error(
      `the change did not get ${direction} to ${place} from ${this.#watch.phase}: ${[...new Set(blocked.slice(-20))].join('; ')}`,
    )
  }

  /** Forwards and backwards, with other turning points each time, until it is over. The first lap goes all the way. */
  async wander(isOver: () => boolean): Promise<number> {
    for (let laps = 0; ; laps += 1) {
      await this.goTo(laps === 0 ? 'retired' : this.#random.pick(summits), 'next', isOver)
      if (isOver()) return laps
      if (this.#watch.phase === 'read-switch') await this.reads(this.#random.between(0, 100))
      await this.goTo(laps === 0 ? 'expanded' : this.#random.pick(valleys), 'back', isOver)
      if (isOver()) return laps
    }
  }

  isAt(place: Place): boolean {
    const { state } = this.#watch
    if (place === 'retired') return state?.isRetired === true
    if (place === 'armed') return state?.triggerMode === 'new' || state?.triggerMode === 'fence'
    return state?.phase === place
  }

  async #run(...args: readonly string[]): Promise<CommandResult> {
    const result = await this.#commands.run(...args)
    const expected: readonly (number | null)[] = [exitCodes.ok, exitCodes.actionNeeded, null]
    if (!expected.includes(result.code)) this.failures.push(result)
    return result
  }
}
