import { attest } from '../../../src/advance/attest.ts'
import { migrationInput } from '../../../src/advance/migration-input.ts'
import { type NextPlan, planBack, planNext } from '../../../src/advance/plan.ts'
import { setReads } from '../../../src/advance/set-reads.ts'
import { takeBack } from '../../../src/advance/take-back.ts'
import { takeFill } from '../../../src/advance/take-fill.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import { ExpandContractError } from '../../../src/errors/index.ts'
import { runMigrations } from '../../../src/migrate/index.ts'
import { attested } from '../../../src/phase/guards/index.ts'
import type { Blocker } from '../../../src/phase/transitions.ts'
import { verifyChange } from '../../../src/verify/index.ts'
import { compareAll } from './aware-reads.ts'
import { driftAlteringTrigger, driftUnseen } from './drift.ts'
import { fallAsleep } from './sleeper.ts'
import { usersTrigger } from './stage.ts'
import { messageOf, type World } from './world.ts'

type Forward = NextPlan['step']

/** Moves the change of a story by the shipped `next` and `back`, forcing what yields to force now and then. */
export class Operator {
  readonly #world: World
  readonly #meanwhile: () => Promise<void>
  readonly #happened = new Set<string>()

  /** @param meanwhile what others do between two pages of a backfill. */
  constructor(world: World, meanwhile: () => Promise<void>) {
    this.#world = world
    this.#meanwhile = meanwhile
  }

  /** One step towards the drop. */
  next(): Promise<void> {
    return this.#step('next', async () => {
      const { target, control, random, variant } = this.#world
      if (control.phase === 'expanded' && random.percent(90)) await this.#oneFallsAsleep()
      const isEarly = control.phase === 'expanded' && variant !== 'no-trigger' && !this.#world.isFilled
      if (isEarly && random.percent(30)) return this.#backfill()
      const plan = await this.#unblocked(() => planNext(target))
      this.#world.tell(`next: ${plan.step.kind === 'transition' ? plan.step.to : plan.step.kind}`)
      if (plan.step.kind === 'migrate') await runMigrations(target.session, migrationInput(target))
      else if (plan.step.kind === 'backfill') await this.#backfill()
      else await this.#take(plan)
    })
  }

  /** One step towards the old side. */
  back(): Promise<void> {
    return this.#step('back', async () => {
      const { variant, control } = this.#world
      // Whoever lags behind and reads new, which nobody writes from here on, would see what is old until it looks again.
      if (variant === 'no-trigger' && control.phase === 'dual-write') await this.#settle()
      const plan = await this.#unblocked(() => planBack(this.#world.target))
      this.#world.tell(`back: ${plan.step.kind === 'transition' ? plan.step.to : plan.step.kind}`)
      if (plan.step.kind === 'backfill') await this.#backfill()
      else await takeBack(this.#world.target, plan, force(plan.blockers))
    })
  }

  async #step(name: string, take: () => Promise<void>): Promise<void> {
    const { violations, control } = this.#world
    try {
      await take()
    } catch (error) {
      violations.report('stuck', `${name} from ${control.phase}`, messageOf(error))
    }
    await this.#world.lookAtControl()
  }

  async #oneFallsAsleep(): Promise<void> {
    for (const unit of this.#world.openUnits.splice(0)) await unit.finish()
    await fallAsleep(this.#world)
  }

  async #take(plan: NextPlan): Promise<void> {
    const { target, random, variant } = this.#world
    if (this.#givesUpOld(plan.step)) await this.#dropUsersTrigger()
    if (isTo(plan.step, 'read-switch') && this.#world.drifted.size === 0) {
      if (variant !== 'no-trigger' && this.#happensOnce('altered trigger', 80)) {
        return this.#drift(driftAlteringTrigger)
      }
      if (variant === 'copy-back' && this.#happensOnce('drift after the decision', 70)) return this.#takeTooLate(plan)
    }
    await takeNext(target, plan, force(plan.blockers))
    if (isTo(plan.step, 'read-switch')) {
      for (const sleeper of this.#world.sleepers.splice(0)) await sleeper.finish()
      await this.#readNew()
    }
    if (plan.step.kind === 'transition' && plan.facts.phase !== 'planned' && random.percent(35)) {
      await this.#takeAgain(plan)
    }
  }

  /** What was decided on is no longer so: another operator has verified meanwhile, and found mismatches. */
  async #takeTooLate(plan: NextPlan): Promise<void> {
    const { session, change, sides } = this.#world.target
    await this.#drift(driftUnseen)
    await verifyChange(session, change, sides)
    this.#world.tell('somebody has verified since that was decided on')
    const isTaken = await unlessRefused(takeNext(this.#world.target, plan, force(plan.blockers)), 'EC_GUARD_REFUSED')
    if (isTaken) await this.#readNew()
  }

  /** The team turns the flag on at once, and everybody reads. */
  async #readNew(): Promise<void> {
    const { flags, target, services } = this.#world
    this.#world.tell('all reads to new, and everybody reads')
    flags.set(target.change.flag, true)
    await unlessRefused(setReads(target, 100), 'EC_GUARD_REFUSED')
    await this.#settle()
    for (const service of services) {
      if (service.isAsleep) continue
      await service.toolkit.run({ userId: 'anybody' }, () => compareAll(this.#world, service))
    }
  }

  /** A second operator, who decided at the same moment on the same state, has to lose. */
  async #takeAgain(plan: NextPlan): Promise<void> {
    const { target, violations } = this.#world
    const again = takeNext(target, { ...plan, handoverFirst: false }, force(plan.blockers))
    if (await unlessRefused(again, 'EC_EPOCH_CONFLICT')) {
      violations.report('both operators won', `next from ${plan.facts.phase}`, 'neither was told of the other')
    }
  }

  /** A plan without blockers that no force removes. Half of the times everybody has caught up before, in any case. */
  async #unblocked<Plan extends { readonly blockers: readonly Blocker[] }>(
    makePlan: () => Promise<Plan>,
  ): Promise<Plan> {
    // Drawn whatever blocks: some guards depend on the clock, and a story must not.
    if (this.#world.random.percent(50)) await this.#settle()
    let plan = await makePlan()
    if (plan.blockers.some(({ guard }) => guard === attested.name)) {
      await attest(this.#world.target, 'it is a story')
      plan = await makePlan()
    }
    if (!plan.blockers.some(({ kind }) => kind === 'safety')) return plan
    await this.#settle()
    for (const transaction of this.#world.lingering.splice(0)) await transaction.finish()
    return makePlan()
  }

  /** Every service that is awake ends what it began and learns of the phase; in new-only the users' own trigger goes. */
  async #settle(): Promise<void> {
    const { openUnits, services, control } = this.#world
    for (const unit of openUnits.splice(0)) await unit.finish()
    for (const { toolkit, isAsleep } of services) if (!isAsleep) await toolkit.refresh()
    if (control.phase === 'new-only') await this.#dropUsersTrigger()
  }

  /** Whoever writes the old column, or reads it, has to be gone before it is, or before nobody copies to it. */
  #givesUpOld(step: Forward): boolean {
    return isTo(step, 'contracted') || (this.#world.variant !== 'copy-back' && isTo(step, 'new-only'))
  }

  async #dropUsersTrigger(): Promise<void> {
    if (!this.#world.hasUsersTrigger) return
    await this.#world.query(`DROP TRIGGER ${usersTrigger} ON people`)
    this.#world.hasUsersTrigger = false
  }

  /** In pages of a few rows; the worker ends after each page or two, and another takes the run up again. */
  async #backfill(): Promise<void> {
    const { target, random, control } = this.#world
    this.#world.tell('backfill')
    const pageRows = random.between(5, 15)
    for (;;) {
      const worker = new AbortController()
      let pages = random.between(1, 2)
      const onProgress = () => {
        pages -= 1
        if (pages === 0) worker.abort()
      }
      const { outcome } = await takeFill({ ...target, signal: worker.signal }, { pageRows, onProgress })
      if (outcome !== 'interrupted') break
      await this.#meanwhile()
    }
    this.#world.drifted.clear()
    this.#world.isFilled = true
    this.#world.isOldBehind = false
    if (control.phase === 'dual-write' && this.#happensOnce('unseen drift', 100)) await this.#drift(driftUnseen)
  }

  /** Nobody can promise that who lags behind, and reads new, sees what has passed the trigger by. */
  async #drift(drift: (world: World) => Promise<void>): Promise<void> {
    await this.#settle()
    await drift(this.#world)
  }

  /** True at most once in a story for each name. */
  #happensOnce(name: string, chance: number): boolean {
    if (this.#happened.has(name) || !this.#world.random.percent(chance)) return false
    this.#happened.add(name)
    return true
  }
}

function isTo(step: Forward, phase: string): boolean {
  return step.kind === 'transition' && step.to === phase
}

/** @returns false where it was refused with this code, as it should be. */
export async function unlessRefused(step: Promise<unknown>, code: string): Promise<boolean> {
  try {
    await step
    return true
  } catch (error) {
    if (error instanceof ExpandContractError && error.code === code) return false
    throw error
  }
}

function force(blockers: readonly Blocker[]): { readonly force?: string } {
  return blockers.length === 0 ? {} : { force: 'the story goes on' }
}
