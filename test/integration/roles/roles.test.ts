import { eq, getTableColumns, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changes } from '../../../schema/changes.ts'
import { attest } from '../../../src/advance/attest.ts'
import { planNext } from '../../../src/advance/plan.ts'
import { takeFill } from '../../../src/advance/take-fill.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import type { Target } from '../../../src/advance/target.ts'
import { runBackfill } from '../../../src/backfill/index.ts'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { type Part, type RolesInput, rolesSql } from '../../../src/control/roles.ts'
import { openSession, type Session } from '../../../src/control/session.ts'
import { orderedPhases } from '../../../src/phase/phase.ts'
import { createToolkit } from '../../../src/toolkit/index.ts'
import { verifyChange } from '../../../src/verify/index.ts'
import { createLoginRole, type LoginRole } from '../../support/login-role.ts'
import {
  advanceTo,
  plainSchemas,
  type Renaming,
  schema,
  startChange,
  startRenaming,
  userFullName,
  users,
} from '../../support/renaming.ts'

const usersTable = [{ schema: 'public', name: 'users', columns: ['name', 'full_name'] }]
const withoutTrigger = renameColumn({
  id: 'user-full-name',
  table: users,
  from: 'name',
  to: 'fullName',
  soak: '0',
  sync: 'none',
})
const insufficientPrivilege = '42501'

const closing: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

async function sessionOf({ url }: LoginRole): Promise<Session> {
  const session = await openSession(url)
  closing.push(() => session.close())
  return session
}

/** Runs the SQL as the owner of the control tables, as `roles --apply` does. */
async function grant({ target }: Renaming, roles: RolesInput['roles'], tables = usersTable): Promise<void> {
  for (const { statements } of rolesSql({ roles, tables, journalSchema: 'drizzle', create: false })) {
    for (const statement of statements) await target.session.client.query(statement)
  }
}

/** SQLSTATE of what a statement fails with; undefined where it does not. */
async function refusal({ client }: Session, statement: string): Promise<string | undefined> {
  return client.query(statement).then(
    () => undefined,
    (error: pg.DatabaseError) => error.code,
  )
}

/** What no role but the owner may do. */
const forbidden: readonly [what: string, statement: string][] = [
  [
    'record a change',
    `INSERT INTO expand_contract.changes (id, declaration, declaration_hash, phase, soak_ms) VALUES ('x', '{}', '', 'planned', 0)`,
  ],
  ['forget a change', 'DELETE FROM expand_contract.changes'],
  ['forget the history', 'DELETE FROM expand_contract.transitions'],
  ['rewrite the history', `UPDATE expand_contract.transitions SET who = 'nobody'`],
  ['run a step again', `UPDATE expand_contract.migration_steps SET state = 'deferred'`],
  ['forget an unaware writer', 'DELETE FROM expand_contract.unaware_writers'],
  ['add a column', 'ALTER TABLE users ADD COLUMN nickname text'],
  ['switch the sync trigger off', 'ALTER TABLE users DISABLE TRIGGER USER'],
  ['drop the old column', 'ALTER TABLE users DROP COLUMN name'],
  ['make an object in the control schema', 'CREATE TABLE expand_contract.mine (id integer)'],
]

/** The columns of a change's row that a part may write. */
const mayWrite: Readonly<Record<Exclude<Part, 'owner'>, readonly string[]>> = {
  backfill: ['backfill_state', 'backfill_direction', 'verified_epoch', 'verified_at', 'verified_rows', 'drain'],
  application: [],
}

const columnsOfChange = Object.values(getTableColumns(changes)).map(({ name }) => name)

describe('backfill and application, beside an owner', () => {
  let renaming: Renaming
  let sessions: Readonly<Record<Exclude<Part, 'owner'>, Session>>
  let application: LoginRole

  beforeAll(async () => {
    renaming = await startRenaming()
    await advanceTo(renaming, 'dual-write')
    const { database } = renaming
    const backfill = await createLoginRole(database, 'backfill')
    application = await createLoginRole(database, 'application')
    const roles = { backfill: backfill.name, application: application.name }
    await grant(renaming, roles)
    await grant(renaming, roles) // again, as after an upgrade
    sessions = { backfill: await sessionOf(backfill), application: await sessionOf(application) }
  })

  const both = ['backfill', 'application'] as const

  it.each(both.flatMap((part) => forbidden.map(([what, statement]) => [part, what, statement] as const)))(
    '%s may not %s',
    async (part, _what, statement) => {
      expect(await refusal(sessions[part], statement)).toBe(insufficientPrivilege)
    },
  )

  it.each(both.flatMap((part) => columnsOfChange.map((column) => [part, column] as const)))(
    '%s may write column %s of a change only where it says so',
    async (part, column) => {
      const refused = await refusal(
        sessions[part],
        `UPDATE expand_contract.changes SET ${column} = ${column} WHERE false`,
      )
      expect(refused === undefined).toBe(mayWrite[part].includes(column))
    },
  )

  it.each(both)('%s cannot take a step', async (part) => {
    const target: Target = { ...renaming.target, session: sessions[part] }
    const { epoch } = (await planNext(renaming.target)).facts
    await expect(
      planNext(target).then((plan) => takeNext(target, { ...plan, step: { kind: 'reads', percent: 5 } })),
    ).rejects.toThrow()
    expect((await planNext(renaming.target)).facts.epoch).toBe(epoch)
  })

  it('backfill fills, verifies and repairs, and the owner goes on from there', async () => {
    const { change, sides } = renaming.target
    expect(await runBackfill(sessions.backfill, change, sides)).toMatchObject({ outcome: 'done' })
    expect(await verifyChange(sessions.backfill, change, sides)).toMatchObject({ outcome: 'verified', rows: 20 })
    await renaming.target.session.client.query(
      `ALTER TABLE users DISABLE TRIGGER USER; UPDATE users SET full_name = 'drifted' WHERE id = 1;
       ALTER TABLE users ENABLE ALWAYS TRIGGER "~ec_user-full-name_i", ENABLE ALWAYS TRIGGER "~ec_user-full-name_u"`,
    )
    expect(await verifyChange(sessions.backfill, change, sides)).toMatchObject({ outcome: 'mismatches', mismatches: 1 })
    expect(await verifyChange(sessions.backfill, change, sides, { repair: true })).toMatchObject({
      outcome: 'verified',
      repaired: 1,
    })
    await advanceTo(renaming, 'read-switch')
  })

  it('backfill may write the columns of the sides, and no other column or row', async () => {
    expect(await refusal(sessions.backfill, 'UPDATE users SET id = id WHERE false')).toBe(insufficientPrivilege)
    expect(await refusal(sessions.backfill, `INSERT INTO users (name) VALUES ('mine')`)).toBe(insufficientPrivilege)
    expect(await refusal(sessions.backfill, 'DELETE FROM users WHERE false')).toBe(insufficientPrivilege)
  })

  it('application holds reads in read-switch, once', async () => {
    const hold = async () =>
      (
        await sessions.application.client.query(
          `SELECT expand_contract.hold_reads('user-full-name', 'too many errors') AS held`,
        )
      ).rows
    expect(await hold()).toEqual([{ held: true }])
    expect(await hold()).toEqual([{ held: false }])
    expect((await planNext(renaming.target)).facts).toMatchObject({ hold: 'too many errors', phase: 'read-switch' })
  })

  it('backfill may not hold reads', async () => {
    const statement = `SELECT expand_contract.hold_reads('user-full-name', 'to be a nuisance')`
    expect(await refusal(sessions.backfill, statement)).toBe(insufficientPrivilege)
  })
})

describe('backfill, of a transform that rejects some values', () => {
  it('puts rows into quarantine and takes them out again', async () => {
    const orders = pgTable('orders', { id: integer().primaryKey(), quantity: text(), amount: integer() })
    const change = changeColumns({
      id: 'order-amount',
      table: orders,
      from: ['quantity'],
      to: ['amount'],
      forward: ({ quantity }) => ({ amount: sql`${quantity}::integer` }),
      backward: ({ amount }) => ({ quantity: sql`${amount}::text` }),
    })
    const before = { orders: pgTable('orders', { id: integer().primaryKey(), quantity: text() }) }
    const changing = await startChange(
      { before, during: { orders }, change },
      `INSERT INTO orders VALUES (1, '1'), (2, 'x'), (3, 'y')`,
    )
    const role = await createLoginRole(changing.database, 'backfill')
    await grant(changing, { backfill: role.name }, [
      { schema: 'public', name: 'orders', columns: ['quantity', 'amount'] },
    ])
    const target: Target = { ...changing.target, session: await sessionOf(role) }
    expect(await takeFill(target, {})).toMatchObject({ outcome: 'done', rowsChanged: 1, quarantined: 2 })
    await changing.target.session.client.query(`UPDATE orders SET quantity = '2' WHERE id = 2`)
    const { session, sides } = target
    expect(await verifyChange(session, target.change, sides)).toMatchObject({ outcome: 'verified', quarantined: 1 })
  })
})

describe('backfill, without a sync trigger', () => {
  it('drains and fills once the owner has attested', async () => {
    const renaming = await startRenaming({ ...plainSchemas, change: withoutTrigger })
    await advanceTo(renaming, 'dual-write')
    const role = await createLoginRole(renaming.database, 'backfill')
    await grant(renaming, { backfill: role.name })
    const target: Target = { ...renaming.target, session: await sessionOf(role) }
    await expect(takeFill(target, {})).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    await expect(attest(target, 'to be a nuisance')).rejects.toThrow()
    await attest(renaming.target, 'nothing else is connected')
    expect(await takeFill(target, {})).toMatchObject({ outcome: 'done' })
  })
})

describe('application', () => {
  it('starts, writes and leaves in every phase, and holds reads in read-switch only', async () => {
    const renaming = await startRenaming()
    const { database, target } = renaming
    const role = await createLoginRole(database, 'application')
    await grant(renaming, { application: role.name })
    const quoted = pg.escapeIdentifier(role.name)
    // Its rights on its own tables, which it has had before.
    await target.session.client.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON users TO ${quoted}`)
    await target.session.client.query(`GRANT USAGE ON SEQUENCE users_id_seq TO ${quoted}`)
    const pool = new pg.Pool({ connectionString: role.url })
    closing.push(() => pool.end())
    const held: string[] = []
    for (const phase of orderedPhases.slice(1)) {
      await advanceTo(renaming, phase)
      const toolkit = createToolkit({
        db: drizzle({ client: pool }),
        schema,
        changes: [userFullName],
        log: () => undefined,
      })
      await toolkit.start()
      const users = toolkit.repository(schema.users)
      await users.insert({ fullName: phase })
      expect(await users.findMany({ where: (of) => eq(of.fullName, phase) })).toMatchObject([{ fullName: phase }])
      await toolkit.stop()
      const { rows } = await pool.query(`SELECT expand_contract.hold_reads('user-full-name', 'a test') AS held`)
      if (rows[0].held) held.push(phase)
    }
    expect(held).toEqual(['read-switch'])
  })
})

describe('owner', () => {
  it('takes a change that others have begun through to the drop', async () => {
    const renaming = await startRenaming()
    const { database, target } = renaming
    const role = await createLoginRole(database, 'owner')
    const before = target.session
    const superuser = await openSession(database.superuserBecause('it gives away what it does not own'))
    closing.push(() => superuser.close())
    await grant({ ...renaming, target: { ...target, session: superuser } }, { owner: role.name })
    expect(await refusal(before, 'SELECT FROM expand_contract.changes')).toBe(
      process.env.EC_TEST_ROLE === 'superuser' ? undefined : insufficientPrivilege,
    )
    const own: Target = { ...target, session: await sessionOf(role) }
    for (let plan = await planNext(own); plan.step.kind !== 'done'; plan = await planNext(own))
      await takeNext(own, plan)
    expect((await planNext(own)).facts.droppedAt).not.toBeNull()
  })

  it('is not touched where it owns everything already, and waits for no lock of its own tables', async () => {
    const renaming = await startRenaming()
    const { rows } = await renaming.target.session.client.query('SELECT current_user AS name')
    const reader = await renaming.database.pool.connect()
    await reader.query('BEGIN; SELECT FROM users')
    await grant(renaming, { owner: rows[0].name })
    await reader.query('COMMIT')
    reader.release()
  })
})

describe('a role that does not exist', () => {
  it('is created without a right to log in, if that is asked for', async () => {
    const { database } = await startRenaming()
    const superuser = await openSession(database.superuserBecause('it creates roles'))
    const name = `${database.name}'; DROP TABLE users; --"`
    try {
      for (const _ of ['first', 'again']) {
        for (const { statements } of rolesSql({
          roles: { application: name },
          tables: usersTable,
          journalSchema: 'drizzle',
          create: true,
        })) {
          for (const statement of statements) await superuser.client.query(statement)
        }
      }
      const { rows } = await superuser.client.query('SELECT rolcanlogin, rolsuper FROM pg_roles WHERE rolname = $1', [
        name,
      ])
      expect(rows).toEqual([{ rolcanlogin: false, rolsuper: false }])
      expect((await superuser.client.query('SELECT FROM users')).rowCount).toBe(20)
    } finally {
      const quoted = pg.escapeIdentifier(name)
      await superuser.client.query(`DROP OWNED BY ${quoted}; DROP ROLE ${quoted}`)
      await superuser.close()
    }
  })
})
