import { createToolkit } from 'drizzle-expand-contract'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { expect, onTestFinished } from 'vitest'
import { attest } from '../../../src/advance/attest.ts'
import { type Planned, planBack, planNext } from '../../../src/advance/plan.ts'
import { takeBack } from '../../../src/advance/take-back.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import { errorCode } from '../../../src/errors/index.ts'
import type { Phase } from '../../../src/phase/phase.ts'
import { type Renaming, startRenaming } from '../../support/renaming.ts'
import { declareLedger, type LedgerOptions, users, usersBefore } from './ledger-change.ts'

/** A change with a service that knows it, writers that know the old column alone, and a ledger of what each row has to hold. */
export class Ledger {
  readonly renaming: Renaming
  readonly #service: Service
  readonly #rows = new Map<number, string | null>()
  #writes = 0

  private constructor(renaming: Renaming, service: Service) {
    this.renaming = renaming
    this.#service = service
  }

  static async open(options: LedgerOptions = {}): Promise<Ledger> {
    const change = declareLedger(options)
    const renaming = await startRenaming({ before: { users: usersBefore }, during: { users }, change })
    const service = await startService(renaming, change)
    const ledger = new Ledger(renaming, service)
    for (const { id, name } of await ledger.query<{ id: number; name: string }>('SELECT id, name FROM users'))
      ledger.#rows.set(id, name)
    return ledger
  }

  async query<Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (await this.renaming.database.pool.query(text, [...parameters])).rows
  }

  async facts() {
    return (await planNext(this.renaming.target)).facts
  }

  /** Step after step until a condition holds, with the service in step. Nothing is forced. */
  async forwardTo(phase: Phase, isThere: (facts: Awaited<ReturnType<Ledger['facts']>>) => boolean = () => true) {
    const { target } = this.renaming
    for (;;) {
      await this.query('DELETE FROM expand_contract.unaware_writers') // as if the soak were over
      if (isAskedToAttest(await planNext(target))) await attest(target, 'the service is all there is')
      const plan = await planNext(target)
      if (plan.facts.phase === phase && isThere(plan.facts)) return
      await takeNext(target, plan)
      await this.#service.refresh()
    }
  }

  /** One step back. @returns what it did. */
  async back(): Promise<string> {
    const { target } = this.renaming
    if (isAskedToAttest(await planBack(target))) await attest(target, 'the service is all there is')
    const plan = await planBack(target)
    await takeBack(this.renaming.target, plan)
    await this.#service.refresh()
    return plan.step.kind === 'transition' ? plan.step.to : plan.step.kind
  }

  /** What the service writes, of `writeAll`. */
  async writeByService(): Promise<void> {
    await this.insertByService()
    await this.updateByService(this.#some(0), this.#value())
    await this.updateByService(this.#some(1), null)
    await this.updateNoteByService(this.#some(2))
  }

  /** Everybody writes: the service new values and NULL, the others old alone, a new value and the one that is there. */
  async writeAll(): Promise<void> {
    await this.writeByService()
    await this.updateByStranger(this.#some(3), this.#value())
    await this.updateByStranger(this.#some(4), await this.heldByOld(this.#some(4)))
    await this.updateByStranger(this.#some(5), null)
    await this.insertByStranger()
  }

  async insertByService(): Promise<void> {
    const value = this.#value()
    const { id } = await this.#service.repository(users).insert({ fullName: value })
    this.#rows.set(id, value)
  }

  async updateByService(id: number, value: string | null): Promise<void> {
    await this.#service.repository(users).update({ fullName: value }, (user) => eq(user.id, id))
    this.#rows.set(id, value)
  }

  async updateNoteByService(id: number): Promise<void> {
    await this.#service.repository(users).update({ note: this.#writes }, (user) => eq(user.id, id))
  }

  /** @returns false where it was refused. */
  async updateByStranger(id: number, value: string | null): Promise<boolean> {
    return this.#byStranger(async (old) => {
      await this.query(`UPDATE users SET ${old} = $1 WHERE id = $2`, [value, id])
      this.#rows.set(id, value)
    })
  }

  async insertByStranger(): Promise<boolean> {
    return this.#byStranger(async (old) => {
      const value = this.#value()
      const [row] = await this.query<{ id: number }>(`INSERT INTO users (${old}) VALUES ($1) RETURNING id`, [value])
      this.#rows.set(row!.id, value)
    })
  }

  /** For what a test writes by SQL of its own. */
  expectValue(id: number, value: string): void {
    this.#rows.set(id, value)
  }

  async heldByOld(id: number): Promise<string | null> {
    const [row] = await this.query<{ name: string | null }>('SELECT * FROM users WHERE id = $1', [id])
    return row!.name ?? null
  }

  /** What the service reads is what the ledger says, to the row. */
  async expectRead(): Promise<void> {
    const read = await this.#service.repository(users).findMany()
    expect(new Map(read.map(({ id, fullName }) => [id, fullName]))).toEqual(this.#rows)
  }

  async expectBothSides(): Promise<void> {
    const rows = await this.query<{ id: number; name: string | null; full_name: string | null }>(
      'SELECT id, name, full_name FROM users',
    )
    expect(new Map(rows.map(({ id, full_name }) => [id, full_name]))).toEqual(this.#rows)
    expect(new Map(rows.map(({ id, name }) => [id, name]))).toEqual(this.#rows)
  }

  /** One step forward: the one that is due. @returns its kind. */
  async next(): Promise<string> {
    const plan = await planNext(this.renaming.target)
    await takeNext(this.renaming.target, plan)
    await this.#service.refresh()
    return plan.step.kind
  }

  async rowsThatDiffer(): Promise<number> {
    const [row] = await this.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM users WHERE name IS DISTINCT FROM full_name',
    )
    return row!.n
  }

  /** Once the column is retired, who names it fails with another error, and has written nothing either. */
  async #byStranger(write: (old: string) => Promise<void>): Promise<boolean> {
    try {
      await write('name')
      return true
    } catch (error) {
      expect(['55000', '42703']).toContain(errorCode(error))
      return false
    }
  }

  #some(nth: number): number {
    return [...this.#rows.keys()][nth]!
  }

  #value(): string {
    this.#writes += 1
    return `value ${this.#writes}`
  }
}

function isAskedToAttest({ step, facts }: Planned): boolean {
  return step.kind === 'backfill' && facts.sync === 'none' && !facts.attested
}

type Service = Awaited<ReturnType<typeof startService>>

async function startService({ database }: Renaming, userFullName: ReturnType<typeof declareLedger>) {
  const toolkit = createToolkit({
    db: drizzle({ client: database.pool }),
    schema: { users },
    changes: { userFullName },
    log: () => undefined,
    process: { name: 'service', release: 'aware' },
  })
  await toolkit.start()
  onTestFinished(() => toolkit.stop())
  return toolkit
}
