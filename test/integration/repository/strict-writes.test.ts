import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { describe, expect, it } from 'vitest'
import type { Phase } from '../../../src/phase/phase.ts'
import { createToolkit } from '../../../src/toolkit/index.ts'
import { barrier, changes, createStage, moveTo, schema, startProcess, stored, users } from './support/strict.ts'

/** What a value looks like in the table after a write in a phase. */
const written: Readonly<Partial<Record<Phase, (value: string) => object>>> = {
  expanded: (value) => ({ name: value, full_name: null }),
  'dual-write': (value) => ({ name: value, full_name: value }),
  'read-switch': (value) => ({ name: value, full_name: value }),
  'read-new': (value) => ({ name: value, full_name: value }),
  'new-only': (value) => ({ name: null, full_name: value }),
}

const steps: readonly (readonly [Phase, Phase])[] = [
  ['expanded', 'dual-write'],
  ['dual-write', 'read-switch'],
  ['read-switch', 'read-new'],
  ['read-new', 'new-only'],
  ['new-only', 'read-new'],
  ['read-new', 'read-switch'],
  ['dual-write', 'expanded'],
  ['expanded', 'new-only'],
]

it('a phase that no version knows, put there by hand, is refused by its name, and nothing is written', async () => {
  const stage = await createStage()
  const { users: repository } = await startProcess(stage)
  await stage.target.session.client.query(`UPDATE expand_contract.changes SET phase = 'done'`)
  await expect(repository.insert({ email: 'a@x', fullName: 'Ada' })).rejects.toMatchObject({
    code: 'EC_ROW_UNREADABLE',
    details: { row: 'user-full-name', problem: expect.stringContaining('"phase" is "done"') },
  })
  expect(await stored(stage)).toEqual([])
})

describe.each(steps)('a process that slept from %s to %s', (from, to) => {
  it('writes by the phase of now, with every call', async () => {
    const stage = await createStage()
    await moveTo(stage, from)
    const { users: repository } = await startProcess(stage)
    await moveTo(stage, to)
    const inserted = await repository.insert({ email: 'a@x', fullName: 'inserted' })
    expect(inserted.fullName).toBe('inserted')
    await repository.insertMany([
      { email: 'b@x', fullName: 'many' },
      { email: 'c@x', fullName: 'gone' },
    ])
    await repository.update({ fullName: 'updated' }, (user) => eq(user.fullName, 'many'))
    await repository.upsert({ email: 'a@x', fullName: 'upserted' }, { target: 'email' })
    await repository.upsert({ email: 'd@x', fullName: 'updated' }, { target: 'fullName' })
    expect(await repository.delete((user) => eq(user.fullName, 'gone'))).toBe(1)
    expect(await stored(stage)).toEqual([
      { email: 'a@x', ...written[to]!('upserted') },
      { email: 'd@x', ...written[to]!('updated') },
    ])
  })

  it('writes by the phase of now in a transaction, which reads by it, too', async () => {
    const stage = await createStage()
    await moveTo(stage, from)
    const { toolkit, users: repository } = await startProcess(stage)
    await moveTo(stage, to)
    await toolkit.transaction(async () => {
      expect(await repository.count((user) => eq(user.fullName, 'Ada'))).toBe(0)
      await repository.insert({ email: 'a@x', fullName: 'Ada' })
      expect(await repository.count((user) => eq(user.fullName, 'Ada'))).toBe(1)
    })
    expect(await stored(stage)).toEqual([{ email: 'a@x', ...written[to]!('Ada') }])
  })
})

describe('a unit of work that decided before the phase moved', () => {
  it('writes nothing where others would not see it, and works when it is run again', async () => {
    const stage = await createStage()
    const { toolkit, users: repository } = await startProcess(stage)
    const work = (between: () => Promise<void>) =>
      toolkit.run({}, async () => {
        await repository.count()
        await between()
        await repository.insert({ email: 'a@x', fullName: 'Ada' })
      })
    await expect(work(() => moveTo(stage, 'dual-write'))).rejects.toMatchObject({
      code: 'EC_PHASE_MOVED',
      details: { id: 'user-full-name', decidedIn: 'expanded', phase: 'dual-write' },
    })
    expect(await stored(stage)).toEqual([])
    await work(async () => undefined)
    expect(await stored(stage)).toEqual([{ email: 'a@x', name: 'Ada', full_name: 'Ada' }])
  })

  it('goes on where what it reads and writes is right still', async () => {
    const stage = await createStage()
    await moveTo(stage, 'dual-write')
    const { toolkit, users: repository } = await startProcess(stage)
    await toolkit.run({}, async () => {
      await repository.insert({ email: 'a@x', fullName: 'Ada' })
      await moveTo(stage, 'read-new')
      await repository.update({ fullName: 'Ada L.' }, (user) => eq(user.fullName, 'Ada'))
    })
    expect(await stored(stage)).toEqual([{ email: 'a@x', name: 'Ada L.', full_name: 'Ada L.' }])
  })

  it('is refused where it would choose rows by a side that is not written any more', async () => {
    const stage = await createStage()
    await moveTo(stage, 'dual-write')
    const { toolkit, users: repository } = await startProcess(stage)
    const work = toolkit.run({}, async () => {
      await repository.insert({ email: 'a@x', fullName: 'Ada' })
      await moveTo(stage, 'new-only')
      await repository.update({ fullName: 'Ada L.' }, (user) => eq(user.fullName, 'Ada'))
    })
    await expect(work).rejects.toMatchObject({ code: 'EC_PHASE_MOVED' })
    expect(await stored(stage)).toEqual([{ email: 'a@x', name: 'Ada', full_name: 'Ada' }])
  })

  it('is refused after the sides went apart and together again meanwhile', async () => {
    const stage = await createStage()
    await moveTo(stage, 'read-new')
    const { toolkit, users: repository } = await startProcess(stage)
    const work = toolkit.run({}, async () => {
      expect(await repository.findMany()).toEqual([])
      await moveTo(stage, 'expanded')
      await moveTo(stage, 'dual-write')
      await repository.update({ fullName: 'Ada L.' }, (user) => eq(user.fullName, 'Ada'))
    })
    await expect(work).rejects.toMatchObject({ code: 'EC_PHASE_MOVED' })
  })

  it('may write in a transaction only what still fits, and read there what it has not decided on', async () => {
    const stage = await createStage()
    const { toolkit, users: repository } = await startProcess(stage, 'one connection', 1)
    const work = () =>
      toolkit.run({}, async () => {
        await repository.count()
        await moveTo(stage, 'dual-write')
        await toolkit.transaction(async () => {
          expect(await repository.count()).toBe(0) // old holds the truth still
          await repository.insert({ email: 'a@x', fullName: 'Ada' })
        })
      })
    await expect(work()).rejects.toMatchObject({ code: 'EC_PHASE_MOVED' })
    await work()
    expect(await stored(stage)).toEqual([{ email: 'a@x', name: 'Ada', full_name: 'Ada' }])
  })

  it('pins nothing across its calls where it is long-running', async () => {
    const stage = await createStage()
    const { toolkit, users: repository } = await startProcess(stage)
    const work = async () => {
      await repository.insert({ email: 'a@x', fullName: 'Ada' })
      await moveTo(stage, 'dual-write')
      await repository.insert({ email: 'b@x', fullName: 'Bob' })
    }
    await toolkit.run({}, work, { longRunning: true })
    expect(await stored(stage)).toEqual([
      { email: 'a@x', name: 'Ada', full_name: null },
      { email: 'b@x', name: 'Bob', full_name: 'Bob' },
    ])
  })
})

describe('resolve', () => {
  it('works inside a transaction, by the phase of now', async () => {
    const stage = await createStage()
    const { toolkit } = await startProcess(stage)
    await moveTo(stage, 'dual-write')
    await toolkit.transaction(async () => {
      const u = toolkit.resolve(users)
      await u.db.insert(u.into).values(u.values({ email: 'a@x', fullName: 'Ada' }))
    })
    expect(await stored(stage)).toEqual([{ email: 'a@x', name: 'Ada', full_name: 'Ada' }])
  })

  it('is refused outside of one', async () => {
    const stage = await createStage()
    const { toolkit } = await startProcess(stage)
    await expect(toolkit.run({}, async () => toolkit.resolve(users))).rejects.toMatchObject({
      code: 'EC_OUTSIDE_TRANSACTION',
      details: { id: 'user-full-name' },
    })
  })

  it('is refused in a unit of work whose decision no longer fits', async () => {
    const stage = await createStage()
    const { toolkit, users: repository } = await startProcess(stage)
    const work = toolkit.run({}, async () => {
      await repository.count()
      await moveTo(stage, 'dual-write')
      await toolkit.transaction(async () => void toolkit.resolve(users))
    })
    await expect(work).rejects.toMatchObject({ code: 'EC_PHASE_MOVED' })
  })
})

describe('what it costs', () => {
  it('a call has a transaction of its own, that begins with the pin', async () => {
    const stage = await createStage()
    const { users: repository, wire } = await startProcess(stage)
    wire.length = 0
    await repository.insert({ email: 'a@x', fullName: 'Ada' })
    expect(wire.map(kindOf)).toEqual(['begin', 'pin', 'insert', 'commit'])
    wire.length = 0
    await repository.findMany()
    expect(wire.map(kindOf)).toEqual(['select'])
  })

  it('a transaction pins once, whatever it writes', async () => {
    const stage = await createStage()
    const { toolkit, users: repository, wire } = await startProcess(stage)
    wire.length = 0
    await toolkit.transaction(async () => {
      await repository.insert({ email: 'a@x', fullName: 'Ada' })
      await repository.update({ age: 3 }, () => sql`true`)
    })
    expect(wire.map(kindOf)).toEqual(['begin', 'pin', 'insert', 'update', 'commit'])
  })

  it('a transaction that is read only pins nothing, and holds up no transition', async () => {
    const stage = await createStage()
    const { toolkit, users: repository } = await startProcess(stage)
    const [begun, moved] = [barrier(), barrier()]
    const reading = toolkit.transaction(
      async () => {
        await repository.count()
        begun.open()
        await moved.reached
        return repository.count()
      },
      { accessMode: 'read only' },
    )
    await begun.reached
    await moveTo(stage, 'dual-write')
    moved.open()
    expect(await reading).toBe(0)
  })
})

function kindOf(query: string): string {
  return query.includes('pin_phase') ? 'pin' : query.split(/\s/)[0]!
}

describe('before the toolkit has started', () => {
  it('no transaction begins, as it could write by then what nothing has pinned', async () => {
    const stage = await createStage()
    const toolkit = createToolkit({ db: drizzle({ client: stage.database.pool }), schema, changes })
    await expect(toolkit.transaction(async () => undefined)).rejects.toMatchObject({ code: 'EC_NOT_STARTED' })
  })
})

describe('an error of the caller', () => {
  it('passes as it is, and nothing is written', async () => {
    const stage = await createStage()
    const { users: repository } = await startProcess(stage)
    const mine = new Error('mine')
    const work = repository.update({ fullName: 'Ada' }, () => {
      throw mine
    })
    await expect(work).rejects.toBe(mine)
  })

  it('of the database leaves without values, and the connection is good for more', async () => {
    const stage = await createStage()
    const { users: repository } = await startProcess(stage)
    await repository.insert({ email: 'a@x', fullName: 'Ada' })
    const again = repository.insert({ email: 'a@x', fullName: 'canary' })
    await expect(again).rejects.toMatchObject({ code: 'EC_QUERY_FAILED', cause: { code: '23505' } })
    expect(await repository.count()).toBe(1)
  })
})
