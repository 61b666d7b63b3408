import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRepositories } from '../../../src/repository/index.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, situations } from './support/phases.ts'
import { createUsers, physicalUsers, userFullName, users } from './support/users.ts'

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
})

const setUp = (situation = situations.find(({ phase }) => phase === 'dual-write')!) =>
  createRepositories({ db: wired.db, schema: { users }, changes: { userFullName }, decider: always(situation) })

describe('more rows than fit into one statement', () => {
  it.each(['expanded', 'dual-write', 'new-only'] as const)(
    'are inserted all or none, in their order, in %s',
    async (phase) => {
      await createUsers(wired.pool, { columns: ['old', 'new'] })
      const repository = setUp(situations.find((situation) => situation.phase === phase)!).repository(users)
      const rows = Array.from({ length: 20_000 }, (_, row) => ({ email: `${row}@x`, fullName: `User ${row}` }))
      const inserted = await repository.insertMany(rows)
      expect(inserted.map(({ email }) => email)).toEqual(rows.map(({ email }) => email))
      await wired.pool.query(`delete from users where email <> '19999@x'`)
      await expect(repository.insertMany(rows)).rejects.toMatchObject({ cause: { code: '23505' } })
      expect(await repository.count()).toBe(1)
    },
  )
})

describe('upserts of the same new row at the same moment', () => {
  beforeEach(async () => {
    await createUsers(wired.pool, { columns: ['old', 'new'] })
    // Entries are made index by index, in the order of their creation: first one that can be held up, then the twin, on
    // which a conflict is an error, and last the one that ON CONFLICT names.
    await wired.pool.query(`
      create or replace function hold_up(email text) returns text language plpgsql immutable as $$ begin
        if email = 'ada@x' then perform pg_advisory_xact_lock_shared(42); end if;
        return email;
      end $$;
      alter table users drop constraint users_name_key, drop constraint users_full_name_key;
      create index on users (hold_up(email));
      create unique index on users (full_name);
      create unique index on users (name);
    `)
  })

  /** Holds an upsert up after it has looked for a conflict and before it makes its entries, and lets a rival in. */
  async function raceAgainst(upsert: () => Promise<unknown>): Promise<void> {
    const gate = await wired.pool.connect()
    try {
      const { rows } = await gate.query('select pg_backend_pid() as pid, pg_advisory_lock(42)')
      const upserted = upsert()
      const waiting = `select 1 from pg_stat_activity where $1 = any(pg_blocking_pids(pid))`
      while ((await wired.pool.query(waiting, [rows[0].pid])).rows.length === 0) await new Promise(setImmediate)
      await wired.pool.query(`insert into users (email, name, full_name) values ('rival@x', 'Ada', 'Ada')`)
      await gate.query('select pg_advisory_unlock(42)')
      await upserted
    } finally {
      gate.release()
    }
  }

  it('are tried again where the twin’s index was met first', async () => {
    await raceAgainst(() =>
      setUp().repository(users).upsert({ email: 'ada@x', fullName: 'Ada', age: 1 }, { target: 'fullName' }),
    )
    expect(await physicalUsers(wired.pool)).toMatchObject([{ email: 'ada@x', name: 'Ada', full_name: 'Ada', age: 1 }])
  })

  it('are tried again behind a savepoint inside a transaction', async () => {
    const toolkit = setUp()
    await raceAgainst(() =>
      toolkit.transaction(async () => {
        await toolkit.repository(users).insert({ email: 'before@x', fullName: 'Before' })
        await toolkit.repository(users).upsert({ email: 'ada@x', fullName: 'Ada' }, { target: 'fullName' })
      }),
    )
    expect((await physicalUsers(wired.pool)).map(({ email }) => email).sort()).toEqual(['ada@x', 'before@x'])
  })

  it('give up after a few attempts where the conflict is a real one', async () => {
    const toolkit = setUp()
    await toolkit.repository(users).insert({ email: 'taken@x', fullName: 'Taken' })
    wired.wire.length = 0
    const upsert = toolkit.repository(users).upsert({ email: 'taken@x', fullName: 'Ada' }, { target: 'fullName' })
    await expect(upsert).rejects.toMatchObject({ code: 'EC_QUERY_FAILED', cause: { code: '23505' } })
    expect(wired.wire).toHaveLength(5)
  })

  it('are tried again also where one side alone is written, as the sync trigger fills the other', async () => {
    const toolkit = setUp(situations.find(({ phase }) => phase === 'new-only')!)
    await toolkit.repository(users).insert({ email: 'taken@x', fullName: 'Taken' })
    wired.wire.length = 0
    const upsert = toolkit.repository(users).upsert({ email: 'taken@x', fullName: 'Ada' }, { target: 'fullName' })
    await expect(upsert).rejects.toMatchObject({ cause: { code: '23505' } })
    expect(wired.wire).toHaveLength(5)
  })
})
