import { expect, test } from 'vitest'
import { runBackfill } from '../../../src/backfill/index.ts'
import { verifyChange } from '../../../src/verify/index.ts'
import { createSubject } from './subject.ts'

const rows = 3_000

/** Small deterministic generator (mulberry32), so that a failure can be replayed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test('writers that know nothing of the change go on all the while, and no write of theirs is lost', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const subject = await createSubject({
    fill: [`INSERT INTO % SELECT n, 'seed' || n FROM generate_series(1, ${rows}) n`],
  })
  const acknowledged = new Map<number, string | null>()
  let filling = true

  /** Each writer has keys of its own, so the last value it wrote is the one that has to be there. */
  async function write(writer: number): Promise<number> {
    const client = await subject.connect(`writer ${writer}`)
    const next = random(seed + writer)
    let deadlocks = 0
    for (let n = 0; filling; n += 1) {
      const ids = Array.from({ length: 3 }, () => 1 + writer + 4 * Math.floor((next() * rows) / 4))
      const value = next() < 0.1 ? null : `writer ${writer} write ${n}`
      const statement =
        next() < 0.5
          ? `UPDATE ${subject.table} SET old = $2 WHERE id = ANY ($1)`
          : `INSERT INTO ${subject.table} (id, old) SELECT DISTINCT unnest($1::int[]), $2 ON CONFLICT (id) DO UPDATE SET old = excluded.old`
      try {
        await client.query(statement, [ids, value])
        for (const id of ids) acknowledged.set(id, value)
      } catch (error) {
        if ((error as { code?: string }).code !== '40P01') throw error
        deadlocks += 1
      }
    }
    return deadlocks
  }

  const writers = Promise.all([0, 1, 2, 3].map(write))
  const result = await runBackfill(subject.session, subject.change, subject.sides, { pageRows: 50 })
  filling = false
  const deadlocks = await writers

  expect(result.outcome).toBe('done')
  expect(acknowledged.size, `seed ${seed}`).toBeGreaterThan(0)
  expect(deadlocks, 'a writer has to give way to the backfill').toEqual([0, 0, 0, 0])
  const held = await subject.query<{ id: number; next: string | null }>('SELECT id, next FROM %')
  const values = new Map(held.map(({ id, next }) => [id, next]))
  for (const [id, value] of acknowledged) expect(values.get(id), `row ${id}, seed ${seed}`).toBe(value)
  expect(await verifyChange(subject.session, subject.change, subject.sides)).toMatchObject({ outcome: 'verified' })
})
