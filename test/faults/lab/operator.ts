import { clock } from '../../../examples/01-rename-column/demo/ledger.ts'
import { attested } from '../../../src/phase/guards/index.ts'
import { isBefore } from '../../../src/phase/phase.ts'
import type { Random } from '../../support/random.ts'
import type { Explanations } from '../ledger/explanations.ts'
import type { Variant } from '../subjects/row-store.ts'
import type { CommandResult, Commands } from './commands.ts'
import type { PhaseWatch } from './phase-watch.ts'

/** A phase, or what comes within new-only and contracted. */
export type Place = 'expanded' | 'dual-write' | 'read-switch' | 'read-new' | 'new-only' | 'armed' | 'retired'

/**
 * How far up and how far down the operator goes before it turns round. Without a trigger there is nothing to be armed, and
 * once the handover is applied no way back to where new is left out.
 */
const turningPoints: Readonly<
  Record<Variant['sync'], { readonly summits: readonly Place[]; readonly valleys: readonly [Place, ...Place[]] }>
> = {
  trigger: {
    summits: ['read-switch', 'read-new', 'new-only', 'armed', 'retired'],
    valleys: ['expanded', 'dual-write', 'read-switch'],
  },
  none: { summits: ['read-switch', 'read-new', 'new-only', 'retired'], valleys: ['dual-write', 'read-switch'] },
}

const reason = 'the fault lab goes on'
const answer = 'the fault lab has sent every writer by SQL away'
/** Longer than any way between two places takes, with all that blocks it and is killed. */
const patienceMs = 90_000

/** Each failure is reported; with more of them nothing can be brought to its end. */
const tolerance = 10

const exitCodes = { ok: 0, actionNeeded: 2 } as const

interface OperatorOptions {
  readonly commands: Commands
  readonly watch: PhaseWatch
  readonly change: string
  readonly random: Random
  readonly variant: Variant
  readonly explanations: Explanations
}

/** Somebody who moves the change by the command line, and repeats what did not work. */
export class Operator {
  readonly #commands: Commands
  readonly #watch: PhaseWatch
  readonly #random: Random
  readonly #variant: Variant
  readonly #explanations: Explanations
  readonly change: string
  /** Ends of commands that no operator expects: neither done, nor blocked, nor killed, nor explained. */
  readonly failures: CommandResult[] = []
  /** Small pages make a backfill take a while. */
  pageRows = 5_000
  /** Each command in a process of its own, to be killed; or all of them in one, which is faster. */
  inOneProcess = true

  constructor({ commands, watch, change, random, variant, explanations }: OperatorOptions) {
    this.#commands = commands
    this.#watch = watch
    this.change = change
    this.#random = random
    this.#variant = variant
    this.#explanations = explanations
  }

  migrate(): Promise<CommandResult> {
    return this.#run('migrate')
  }

  /** One step forward. */
  async next(): Promise<CommandResult> {
    const result = await this.#decide('next')
    if (result.json.next?.kind === 'backfill')
      await this.#run('backfill', this.change, '--page-rows', String(this.pageRows))
    return result
  }

  back(): Promise<CommandResult> {
    return this.#decide('back')
  }

  reads(percent: number): Promise<CommandResult> {
    return this.#run('reads', this.change, String(percent))
  }

  /** Step after step, forward or back, or until `isOver`. @throws Error where it does not get there. */
  async goTo(place: Place, direction: 'next' | 'back', isOver: () => boolean = () => false): Promise<void> {
    const blocked: string[] = []
    const deadline = performance.now() + patienceMs
    while (performance.now() < deadline) {
      await this.#watch.look().catch(() => undefined)
      if (this.isAt(place) || isOver()) return
      const result = await this.#step(direction)
      blocked.push(...(result.json.blockedBy ?? []).map(({ reason }) => reason))
    }
    const reasons = [...new Set(blocked.slice(-20))].join('; ')
    throw new Error(`the change did not get ${direction} to ${place} from ${this.#watch.phase}: ${reasons}`)
  }

  /** Back, step after step, until the change is no longer there. @throws Error where it stays. */
  async leave(place: Place): Promise<void> {
    const deadline = performance.now() + patienceMs
    while (performance.now() < deadline) {
      await this.#watch.look()
      if (!this.isAt(place)) return
      await this.back()
    }
    throw new Error(`the change did not go back from ${place}`)
  }

  /**
   * Forwards and backwards, with other turning points each time, until it is over. The first lap goes all the way.
   *
   * @returns how many laps were completed.
   */
  async wander(isOver: () => boolean): Promise<number> {
    const { summits, valleys } = turningPoints[this.#variant.sync]
    for (let laps = 0; ; laps += 1) {
      await this.goTo(laps === 0 ? 'retired' : this.#random.pick(summits), 'next', isOver)
      if (isOver()) return laps
      if (this.#watch.phase === 'read-switch') await this.reads(this.#random.between(0, 100))
      await this.goTo(laps === 0 ? valleys[0] : this.#random.pick(valleys), 'back', isOver)
      if (isOver()) return laps
    }
  }

  /** To where both sides are proved equal, whatever is behind. False where there is no way to that any more. */
  async goToComparable(): Promise<boolean> {
    await this.#watch.look()
    const { phase, state } = this.#watch
    if (phase === 'abandoned' || state?.isDropped) return false
    if (!isBefore(phase, 'new-only') && !this.#variant.copyBack) await this.goTo('read-switch', 'back')
    else if (phase === 'contracted') await this.goTo('new-only', 'back')
    else if (isBefore(phase, 'read-new')) await this.goTo('read-new', 'next')
    return true
  }

  isAt(place: Place): boolean {
    const { state } = this.#watch
    if (place === 'retired') return state?.isRetired === true
    if (place === 'armed') return state?.triggerMode === 'new' || state?.triggerMode === 'fence'
    return state?.phase === place
  }

  /** Percentages between are for `wander`; on the way to somewhere else all reads are raised at once. */
  #step(direction: 'next' | 'back'): Promise<CommandResult> {
    if (direction === 'back') return this.back()
    const isReading = this.#watch.state?.readPercent === 100
    return this.#watch.phase === 'read-switch' && !isReading ? this.reads(100) : this.next()
  }

  /** What yields to force is forced; where somebody has to answer for the writers, the operator does. */
  async #decide(direction: 'next' | 'back'): Promise<CommandResult> {
    const step = [direction, this.change, '--yes', '--force', reason]
    const result = await this.#run(...step)
    const isAsked = result.json.blockedBy?.some(({ guard }) => guard === attested.name) ?? false
    return isAsked && result.code === exitCodes.actionNeeded ? this.#run(...step, '--attest', answer) : result
  }

  async #run(...args: readonly string[]): Promise<CommandResult> {
    const sent = clock()
    const result = await (this.inOneProcess ? this.#commands.call(...args) : this.#commands.run(...args))
    const expected: readonly (number | null)[] = [exitCodes.ok, exitCodes.actionNeeded, null]
    if (expected.includes(result.code)) return result
    const because = this.#explanations.of(result.json.error?.code ?? '', sent, clock())
    if (because === undefined) this.failures.push(result)
    if (this.failures.length > tolerance) throw new Error(`${result.command} fails again and again: ${result.said}`)
    return result
  }
}
