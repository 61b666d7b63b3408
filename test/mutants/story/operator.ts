import { migrationInput } from '../../../src/advance/migration-input.ts'
import { type NextPlan, planBack, planNext } from '../../../src/advance/plan.ts'
import { takeBack } from '../../../src/advance/take-back.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import { runBackfill } from '../../../src/backfill/index.ts'
import { ExpandContractError } from '../../../src/errors/index.ts'
import { runMigrations } from '../../../src/migrate/index.ts'
import type { Blocker } from '../../../src/phase/transitions.ts'
import { syncNames } from '../../../src/sync/index.ts'
import { change, usersTrigger } from './stage.ts'
import { messageOf, type World } from './world.ts'

/** Moves the change of a story by the shipped `next` and `back`, forcing what yields to force now and then. */
export class Operator {
  readonly #world: World
  readonly #meanwhile: () => Promise<void>
  #isDrifted = false

  /** @param meanwhile what others do between two pages of a backfill. */
  constructor(world: World, meanwhile: () => Promise<void>) {
    this.#world = world
    this.#meanwhile = meanwhile
  }

  /** One step towards the drop. */
  next(): Promise<void> {
    return this.#step('next', async () => {
      const { target, control, random } = this.#world
      if (control.phase === 'expanded' && !this.#world.isFilled && random.percent(30)) return this.#backfill()
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
      const plan = await this.#unblocked(() => planBack(this.#world.target))
      this.#world.tell(`back: ${plan.step.kind === 'transition' ? plan.step.to : plan.step.kind}`)
      await takeBack(this.#world.target, plan, force(plan.blockers))
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

  async #take(plan: NextPlan): Promise<void> {
    const { target, random } = this.#world
    if (plan.step.kind === 'transition' && plan.step.to === 'contracted') await this.#dropUsersTrigger()
    await takeNext(target, plan, force(plan.blockers))
    if (plan.step.kind === 'transition' && plan.facts.phase !== 'planned' && random.percent(20)) {
      await this.#takeAgain(plan)
    }
  }

  /** A second operator, who decided at the same moment on the same state, has to lose. */
  async #takeAgain(plan: NextPlan): Promise<void> {
    const { target, violations } = this.#world
    try {
      await takeNext(target, { ...plan, handoverFirst: false }, force(plan.blockers))
      violations.report('both operators won', `next from ${plan.facts.phase}`, 'neither was told of the other')
    } catch (error) {
      if (!(error instanceof ExpandContractError && error.code === 'EC_EPOCH_CONFLICT')) throw error
    }
  }

  /** A plan without blockers that no force removes. Half of the times everybody has caught up before, in any case. */
  async #unblocked<Plan extends { readonly blockers: readonly Blocker[] }>(
    makePlan: () => Promise<Plan>,
  ): Promise<Plan> {
    // Drawn whatever blocks: some guards depend on the clock, and a story must not.
    if (this.#world.random.percent(50)) await this.#settle()
    const plan = await makePlan()
    if (!plan.blockers.some(({ kind }) => kind === 'safety')) return plan
    await this.#settle()
    return makePlan()
  }

  /** Every service ends what it began and learns of the phase and, in new-only, the users' own trigger goes. */
  async #settle(): Promise<void> {
    const { openUnits, services, control } = this.#world
    for (const unit of openUnits.splice(0)) await unit.finish()
    for (const { toolkit } of services) await toolkit.refresh()
    if (control.phase === 'new-only') await this.#dropUsersTrigger()
  }

  /** Whoever writes the old column has to be gone before the column is. */
  async #dropUsersTrigger(): Promise<void> {
    if (!this.#world.hasUsersTrigger) return
    await this.#world.query(`DROP TRIGGER ${usersTrigger} ON people`)
    this.#world.hasUsersTrigger = false
  }

  /** In pages of a few rows; the worker ends after each page or two, and another takes the run up again. */
  async #backfill(): Promise<void> {
    const { target, random } = this.#world
    this.#world.tell('backfill')
    const pageRows = random.between(5, 15)
    for (;;) {
      const worker = new AbortController()
      let pages = random.between(1, 2)
      const { outcome } = await runBackfill(target.session, target.change, target.sides, {
        pageRows,
        signal: worker.signal,
        onProgress: () => {
          pages -= 1
          if (pages === 0) worker.abort()
        },
      })
      if (outcome !== 'interrupted') break
      await this.#meanwhile()
    }
    this.#world.drifted.clear()
    this.#world.isFilled = true
    if (!this.#isDrifted && random.percent(60)) await this.#drift()
  }

  /** Somebody writes past the trigger, as a restore does: the verification has to find it before anybody reads new. */
  async #drift(): Promise<void> {
    const { random, people, drifted } = this.#world
    this.#isDrifted = true
    const ids = people.ids.filter(() => random.percent(10))
    const { updateTrigger } = syncNames(change.id)
    this.#world.tell(`somebody disables the sync trigger and appends to ${ids.join(', ')}`)
    await this.#world.transaction([
      `ALTER TABLE people DISABLE TRIGGER "${updateTrigger}"`,
      `UPDATE people SET name = name || '?' WHERE id = ANY ('{${ids.join(',')}}')`,
      `ALTER TABLE people ENABLE ALWAYS TRIGGER "${updateTrigger}"`,
    ])
    for (const id of ids) {
      people.acknowledge(id, `${people.valueOf(id)}?`)
      drifted.add(id)
    }
  }
}

function force(blockers: readonly Blocker[]): { readonly force?: string } {
  return blockers.length === 0 ? {} : { force: 'the story goes on' }
}
