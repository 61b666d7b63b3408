import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import type { Random } from '../../support/random.ts'
import type { Site } from '../lab/site.ts'

/**
 * Phases in which old holds the truth and nobody reads new, so that drift can be mended before it hurts; in later ones the
 * promise excludes it.
 */
const harmless = `('expanded', 'dual-write')`

const harmWithinMs = 15_000
const mendWithinMs = 60_000
const pauseMs = 50
/** Processes look at the phases, and renew what they say of them, several times as often. */
const followWithinMs = 3_000
/** A hand that waits for the table holds up everybody who comes after it. */
const lockTimeoutMs = 2_000

/** What somebody does to the schema by hand, and takes back later. */
export interface Tampering {
  /** Runs again where its transaction was not committed. */
  readonly harm: (client: PoolClient) => Promise<void>
  /** Runs again where its transaction was not committed, and may find that the toolkit has mended a part meanwhile. */
  readonly mend: (client: PoolClient) => Promise<void>
}

/**
 * Does harm and mends it a moment later, one pair of hands at a time: two at once would put back what the other one has
 * not found in order.
 *
 * @returns false where no phase came in which it does no harm.
 * @throws Error where it could not be undone, so that the run says nothing of the toolkit any more.
 */
export function tamper(site: Site, random: Random, tampering: Tampering): Promise<boolean> {
  const mine = (hands.get(site) ?? Promise.resolve()).then(() => harmAndMend(site, random, tampering))
  hands.set(
    site,
    mine.then(
      () => undefined,
      () => undefined,
    ),
  )
  return mine
}

const hands = new WeakMap<Site, Promise<void>>()

async function harmAndMend(site: Site, random: Random, { harm, mend }: Tampering): Promise<boolean> {
  try {
    await untilDone(site, harmWithinMs, async (client) => {
      await keepHarmlessPhase(site, client)
      await harm(client)
    })
  } catch (error) {
    if (error instanceof NotHarmless) return false
    throw error
  }
  site.chronicle.tell('a hand did harm to the table')
  await sleep(random.between(100, 600))
  await untilDone(site, mendWithinMs, mend).catch((cause: Error) => {
    const within = `${mendWithinMs / 1_000} s`
    throw new Error(`what it did to the table was not undone within ${within}, and stays: ${cause.message}`, { cause })
  })
  site.chronicle.tell('a hand mended the table')
  return true
}

/** The phase is past those in which the harm may be done, for now, or somebody still acts by such a one. */
class NotHarmless extends Error {}

/**
 * The phase cannot move until the transaction ends: its row is locked. It is harmless once every process acts by it: one
 * that has not seen that the change went back still reads new, and writes it alone, which nobody but the trigger refuses.
 */
async function keepHarmlessPhase({ fleet }: Site, client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ id: string; epoch: string }>(
    `SELECT id, epoch FROM expand_contract.changes WHERE phase IN ${harmless} AND retired_at IS NULL FOR SHARE`,
  )
  const [change] = rows
  if (change === undefined) throw new NotHarmless()
  const deadline = performance.now() + followWithinMs
  for (;;) {
    const following = await processesAt(client, change)
    if (fleet.names('aware').every((name) => following.has(name))) return
    if (performance.now() > deadline) throw new NotHarmless()
    await sleep(pauseMs)
  }
}

/** The names of the live processes that have seen this epoch, and whose units of work were all decided in harmless phases. */
async function processesAt(
  client: PoolClient,
  { id, epoch }: { readonly id: string; readonly epoch: string },
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM expand_contract.processes WHERE lease_until > clock_timestamp() GROUP BY name
     HAVING bool_and(changes -> $1 ->> 'epoch' = $2 AND changes -> $1 ->> 'newestPhase' IN ${harmless})`,
    [id, epoch],
  )
  return new Set(rows.map(({ name }) => name))
}

/** One transaction, from its beginning on another connection each time, until it is committed. @throws what the last one threw. */
async function untilDone(site: Site, withinMs: number, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await inTransaction(site, work)
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await sleep(pauseMs)
  }
}

async function inTransaction({ admin }: Site, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await admin.connect()
  let failed: Error | undefined
  try {
    await client.query('BEGIN')
    await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`)
    await work(client)
    await client.query('COMMIT')
  } catch (error) {
    failed = error as Error
    throw error
  } finally {
    // A connection whose transaction failed is closed, which ends the transaction whatever has become of it.
    client.release(failed)
  }
}
