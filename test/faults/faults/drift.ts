import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import { identifier } from '../../../src/sql/identifier.ts'
import type { Random } from '../../support/random.ts'
import type { Site } from '../lab/site.ts'
import type { Fault } from './fault.ts'

/** Phases in which nobody reads new, so that drift can be mended before it hurts. In later ones the promise excludes it. */
const harmless = `('expanded', 'dual-write')`
const patienceMs = 15_000
const attempts = 20

const insertsWithoutTrigger = {
  codes: ['23502'],
  because: 'an insert of old alone while the sync trigger was away, after the handover had made new NOT NULL',
}

const commandsOnAnotherTable = {
  codes: ['EC_SCHEMA_CHANGED_UNDER'],
  because: 'a command while the new column had another type than the declaration says',
}

/** Somebody disables the sync trigger by hand, unaware writers write past it, and somebody enables it again. */
export const disabledTrigger: Fault = {
  name: 'drift-trigger',
  does: 'the sync trigger is disabled by hand for a while under load: `next` has to prove both sides anew',
  inject: (site, random) =>
    oneAtATime(site, () => site.explanations.during(insertsWithoutTrigger, () => disableForAWhile(site, random))),
}

async function disableForAWhile(site: Site, random: Random): Promise<void> {
  const isDone = await inHarmlessPhase(site, async (client) => {
    for (const statement of await triggerStatements(site, client, 'DISABLE')) await client.query(statement)
  })
  if (!isDone) return
  await sleep(random.between(100, 600))
  await putBack(site, (client) => triggerStatements(site, client, 'ENABLE ALWAYS'))
  site.tally.add('drift: trigger disabled by hand')
}

/** Somebody gives the new column another type; the sync trigger depends on it, so it has to go for that. */
export const changedType: Fault = {
  name: 'drift-type',
  does: 'the sync trigger is dropped, the new column gets another type, and both are put back by hand',
  inject: (site, random) =>
    oneAtATime(site, () =>
      site.explanations.during(commandsOnAnotherTable, () =>
        site.explanations.during(insertsWithoutTrigger, () => changeForAWhile(site, random)),
      ),
    ),
}

async function changeForAWhile(site: Site, random: Random): Promise<void> {
  const table = identifier(site.variant.names.table)
  const column = identifier(site.variant.names.next)
  let definitions: readonly { readonly name: string; readonly definition: string }[] = []
  const isDone = await inHarmlessPhase(site, async (client) => {
    definitions = await triggers(site, client)
    for (const { name } of definitions) await client.query(`DROP TRIGGER ${identifier(name)} ON ${table}`)
    await client.query(`ALTER TABLE ${table} ALTER COLUMN ${column} TYPE varchar(200)`)
  })
  if (!isDone) return
  await sleep(random.between(100, 600))
  await putBack(site, async () => [
    `ALTER TABLE ${table} ALTER COLUMN ${column} TYPE text`,
    ...definitions.flatMap(({ name, definition }) => [
      definition,
      `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${identifier(name)}`,
    ]),
  ])
  site.tally.add('drift: type changed by hand')
}

/** In one transaction, as often as it takes: under load a lock on the whole table may end in a deadlock. */
async function putBack(site: Site, statements: (client: PoolClient) => Promise<readonly string[]>): Promise<void> {
  const client = await site.admin.connect()
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.query('BEGIN')
        for (const statement of await statements(client)) await client.query(statement)
        await client.query('COMMIT')
        return
      } catch (error) {
        await client.query('ROLLBACK')
        if (attempt === attempts) throw error
      }
    }
  } finally {
    client.release()
  }
}

/** Two pairs of hands at once would put back what the other one has not found in order. */
const hands = new WeakMap<Site, Promise<void>>()

function oneAtATime(site: Site, work: () => Promise<void>): Promise<void> {
  const mine = (hands.get(site) ?? Promise.resolve()).catch(() => undefined).then(work)
  hands.set(site, mine)
  return mine
}

/** Waits for such a phase, a while; false where none came. */
async function inHarmlessPhase(site: Site, work: (client: PoolClient) => Promise<void>): Promise<boolean> {
  const deadline = performance.now() + patienceMs
  while (performance.now() < deadline) {
    if (await whileHarmless(site, work)) return true
    await sleep(5)
  }
  return false
}

/** The phase cannot move while this is done: its row is locked. False where the phase is past it. */
async function whileHarmless(site: Site, work: (client: PoolClient) => Promise<void>): Promise<boolean> {
  const client = await site.admin.connect()
  try {
    await client.query('BEGIN')
    const { rowCount } = await client.query(
      `SELECT FROM expand_contract.changes WHERE phase IN ${harmless} AND retired_at IS NULL FOR SHARE`,
    )
    if (rowCount !== 1) return false
    await work(client)
    await client.query('COMMIT')
    return true
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

async function triggerStatements(site: Site, client: PoolClient, what: string): Promise<readonly string[]> {
  const table = identifier(site.variant.names.table)
  const all = await triggers(site, client)
  return all.map(({ name }) => `ALTER TABLE ${table} ${what} TRIGGER ${identifier(name)}`)
}

async function triggers(site: Site, client: PoolClient) {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT tgname AS name, pg_get_triggerdef(oid) AS definition FROM pg_trigger
      WHERE tgrelid = $1::regclass AND NOT tgisinternal AND tgname LIKE '~ec%' ORDER BY tgname`,
    [identifier(site.variant.names.table)],
  )
  return rows
}
