import { changeColumns, createToolkit } from 'drizzle-expand-contract'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgEnum, pgTable, text } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { planNext } from '../../../src/advance/plan.ts'
import { setReads } from '../../../src/advance/set-reads.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import type { Target } from '../../../src/advance/target.ts'
import { memoryFlags } from '../../../src/flags/memory.ts'
import { quarantineEmpty } from '../../../src/phase/guards/index.ts'
import { isBefore, type Phase, phases } from '../../../src/phase/phase.ts'
import { verifyChange } from '../../../src/verify/index.ts'
import { startChange } from '../../support/renaming.ts'
import { type ViolationKind, Violations } from '../story/violations.ts'
import type { Scene } from './scenes.ts'

const label = pgEnum('ticket_state', ['open', 'reopened', 'closed'])
const before = { label, tickets: pgTable('tickets', { id: integer().primaryKey(), status: text() }) }
const tickets = pgTable('tickets', { id: integer().primaryKey(), status: text(), state: label() })

/** A text becomes a label. It is rejected where it is none, and on the way back two labels become one text. */
const ticketState = changeColumns({
  id: 'ticket-state',
  table: tickets,
  from: ['status'],
  to: ['state'],
  forward: ({ status }) => ({ state: sql`${status}::ticket_state` }),
  backward: ({ state }) => ({ status: sql`replace(${state}::text, 'reopened', 'open')` }),
  loses: 'that a ticket was opened again',
  stableBecause: 'no label is renamed',
  soak: '0',
})

/** A transform in mid-change, the new release that serves, and what writers were promised. */
export class Tickets {
  readonly violations = new Violations()
  readonly #promised = new Map<number, string>()
  readonly #service: Awaited<ReturnType<typeof startService>>
  readonly #pool: pg.Pool
  readonly target: Target

  private constructor(target: Target, pool: pg.Pool, service: Awaited<ReturnType<typeof startService>>) {
    this.target = target
    this.#pool = pool
    this.#service = service
  }

  static async open(): Promise<Tickets> {
    const { target, database } = await startChange(
      { before, during: { label, tickets }, change: ticketState },
      'SELECT',
    )
    const pool = new pg.Pool({ connectionString: database.url, max: 4 })
    const world = new Tickets(target, pool, await startService(pool))
    for (const id of [1, 2, 3]) await world.writeOld(id, 'open')
    return world
  }

  async close(): Promise<void> {
    await this.#service.toolkit.stop()
    await this.#pool.end()
  }

  /** As an old release does. */
  async writeOld(id: number, status: string): Promise<void> {
    await this.query(
      `INSERT INTO tickets (id, status) VALUES (${id}, '${status}') ON CONFLICT (id) DO UPDATE SET status = excluded.status`,
    )
    this.#promised.set(id, status)
  }

  /** As the new release does. */
  async insert(id: number, state: 'open' | 'reopened' | 'closed'): Promise<void> {
    await this.#service.tickets.insert({ id, state })
    this.#promised.set(id, state)
  }

  async query<Row extends object>(statement: string): Promise<Row[]> {
    return (await this.#pool.query<Row>(statement)).rows
  }

  /** Step after step until the change is in a phase, or the next step is a certain one; an operator who knows what to do. */
  async advanceTo(phase: Phase, step?: 'verify' | 'transition'): Promise<void> {
    for (;;) {
      await this.#service.toolkit.refresh()
      const plan = await planNext(this.target)
      if (plan.facts.phase === phase && (step === undefined || plan.step.kind === step)) return
      if (plan.blockers.some(({ guard }) => guard === quarantineEmpty.name)) await this.verify()
      else await takeNext(this.target, plan)
    }
  }

  async verify(): Promise<void> {
    const { session, change, sides } = this.target
    await verifyChange(session, change, sides)
  }

  async moveReadsToNew(): Promise<void> {
    await setReads(this.target, 100)
    await this.#service.toolkit.refresh()
  }

  /** Reads all rows, through the repository. */
  async compareReads(): Promise<void> {
    const rows = await this.#service.toolkit.run({ userId: 'anybody' }, () => this.#service.tickets.findMany())
    this.#compare('stale read', rows)
  }

  /** Looks at new, once it may be read. */
  async compareNew(): Promise<void> {
    const { phase } = (await planNext(this.target)).facts
    if (isBefore(phase, 'read-switch')) throw new Error(`new need not be whole in "${phase}"`)
    const kind = phases[phase].truth === 'new' ? 'lost write' : 'sides disagree'
    this.#compare(kind, await this.query('SELECT id, state FROM tickets'))
  }

  #compare(kind: ViolationKind, rows: readonly { id: number; state: string | null }[]): void {
    const found = new Map(rows.map(({ id, state }) => [id, state]))
    for (const [id, promised] of this.#promised) {
      if (found.get(id) !== promised)
        this.violations.report(kind, `ticket ${id}`, `it is ${found.get(id)} after ${promised} was acknowledged`)
    }
  }
}

/** A process that learns of a transition when the scene refreshes it. */
async function startService(pool: pg.Pool) {
  const never = 1_800_000
  const toolkit = createToolkit({
    db: drizzle({ client: pool }),
    schema: { tickets },
    changes: { ticketState },
    log: () => undefined,
    flags: memoryFlags({ 'ticket-state': true }),
    process: { name: 'desk', release: 'scene' },
    pollMs: never,
    leaseMs: 2 * never,
  })
  await toolkit.start()
  return { toolkit, tickets: toolkit.repository(tickets) }
}

/** A scene with a transform that rejects some values and loses others. */
export function withTickets(play: (tickets: Tickets) => Promise<void>): Scene {
  return async () => {
    const world = await Tickets.open()
    try {
      await play(world)
    } finally {
      await world.close()
    }
    return world.violations.all
  }
}
