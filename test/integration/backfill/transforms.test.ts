import { describe, expect, test } from 'vitest'
import { type BackfillProgress, runBackfill } from '../../../src/backfill/index.ts'
import { switchMode } from '../../../src/sync/index.ts'
import { verifyChange } from '../../../src/verify/index.ts'
import { beforeStatement } from '../../support/before-statement.ts'
import { balances, fillStates, names, quantities, states } from './declared.ts'
import { afterFirstPage, createSubject, type Subject } from './subject.ts'

const fill = (subject: Subject, options = {}) => runBackfill(subject.session, subject.change, subject.sides, options)
const verify = (subject: Subject, options = {}) => verifyChange(subject.session, subject.change, subject.sides, options)

async function quarantined(subject: Subject): Promise<(string | undefined)[]> {
  const rows = await subject.query<{ key: string[]; reason: string }>(
    'SELECT key, reason FROM expand_contract.quarantine WHERE change_id = $1 ORDER BY (key ->> 0)::int, number',
    [subject.change.id],
  )
  return rows.map(({ key, reason }) => `${key[0]}: ${reason}`)
}

async function openMismatches(subject: Subject): Promise<(string | undefined)[]> {
  const rows = await subject.query<{ key: string[] }>(
    'SELECT key FROM expand_contract.mismatches WHERE change_id = $1 AND repaired_at IS NULL ORDER BY key',
    [subject.change.id],
  )
  return rows.map(({ key }) => key[0])
}

/** Writes behind the trigger's back. */
async function past(subject: Subject, statement: string): Promise<void> {
  const { id } = subject.change
  await subject.query(
    `DO $$ BEGIN ALTER TABLE % DISABLE TRIGGER USER; ${statement};
       ALTER TABLE % ENABLE ALWAYS TRIGGER "~ec_${id}_i"; ALTER TABLE % ENABLE ALWAYS TRIGGER "~ec_${id}_u"; END $$`,
  )
}

describe('one column that becomes two', () => {
  const fillWithNames = [`INSERT INTO % (id, name) VALUES (1, 'Ada Lovelace'), (2, 'Ada'), (3, NULL)`]
  const rows = (subject: Subject) => subject.query('SELECT name, first, last FROM % ORDER BY id')

  test('is filled, also where NULL becomes something, and verified', async () => {
    const subject = await createSubject({ transform: names, fill: fillWithNames })
    expect(await verify(subject)).toMatchObject({ outcome: 'mismatches', mismatches: 3, withOld: 2, withNew: 0 })

    expect(await fill(subject)).toMatchObject({ outcome: 'done', rowsChanged: 3, quarantined: 0 })
    expect(await rows(subject)).toEqual([
      { name: 'Ada Lovelace', first: 'Ada', last: 'Lovelace' },
      { name: 'Ada', first: 'Ada', last: null },
      { name: null, first: 'nobody', last: null },
    ])
    expect(await verify(subject)).toMatchObject({ outcome: 'verified', withOld: 2, withNew: 3 })
  })

  test('goes back into one, where new holds the truth', async () => {
    const subject = await createSubject({ transform: names, phase: 'read-new' })
    await subject.query(`INSERT INTO % (id, first, last) VALUES (1, 'Ada', 'Lovelace'), (2, 'Charles', 'Babbage')`)
    await past(subject, `UPDATE % SET last = 'Byron' WHERE id = 1`)
    expect(await verify(subject, { repair: true })).toMatchObject({ outcome: 'verified', repaired: 1 })
    expect(await rows(subject)).toMatchObject([{ name: 'Ada Byron' }, { name: 'Charles Babbage' }])
  })
})

describe('a transform that loses something', () => {
  test('never overwrites what a writer of new wrote', async () => {
    const subject = await createSubject({
      transform: balances,
      fill: ['INSERT INTO % VALUES (1, 1.004, NULL), (2, 2.009, NULL)'],
    })
    // What repositories write: both sides, old as new gives it.
    await subject.query('UPDATE % SET balance = 7, cents = 700 WHERE id = 1')
    await subject.query('INSERT INTO % VALUES (3, 0.07, 7)')
    expect(await fill(subject)).toMatchObject({ rowsChanged: 1 })
    expect(await subject.query('SELECT balance, cents FROM % ORDER BY id')).toEqual([
      { balance: '7.000', cents: '700' },
      { balance: '2.009', cents: '201' },
      { balance: '0.070', cents: '7' },
    ])
    expect(await verify(subject)).toMatchObject({ outcome: 'verified' })
  })

  test('never overwrites what old held before, where old is filled', async () => {
    const subject = await createSubject({
      transform: balances,
      fill: ['INSERT INTO % VALUES (1, 2.009, 201), (2, 1, 500)'],
      phase: 'read-new',
    })
    expect(await fill(subject, { direction: 'reverse' })).toMatchObject({ rowsChanged: 1 })
    expect(await subject.query('SELECT balance FROM % ORDER BY id')).toEqual([
      { balance: '2.009' },
      { balance: '5.000' },
    ])
  })
})

describe('rows that the transform rejects', () => {
  const half = [
    `INSERT INTO % SELECT n, CASE WHEN mod(n, 3) = 0 THEN 'x' ELSE n::text END FROM generate_series(1, 10) n`.replace(
      'n % 3',
      'mod(n, 3)',
    ),
  ]
  const rejected = ['3: 22P02 amount', '6: 22P02 amount', '9: 22P02 amount']

  test('are in quarantine after the backfill, exactly those, and fail none of its pages', async () => {
    const subject = await createSubject({ transform: quantities, fill: half })
    expect(await fill(subject, { pageRows: 4 })).toMatchObject({ outcome: 'done', rowsChanged: 7, quarantined: 3 })
    expect(await quarantined(subject)).toEqual(rejected)
    expect(await subject.query('SELECT id FROM % WHERE amount IS NULL ORDER BY id')).toEqual(
      [3, 6, 9].map((id) => ({ id })),
    )
    expect(await fill(subject)).toMatchObject({ outcome: 'already-done', quarantined: 3 })
  })

  test('are no mismatches, and in quarantine after a verification alone', async () => {
    const subject = await createSubject({ transform: quantities, fill: half })
    await fill(subject)
    await subject.query('DELETE FROM expand_contract.quarantine WHERE change_id = $1', [subject.change.id])
    expect(await verify(subject, { rangeRows: 4 })).toMatchObject({
      outcome: 'verified',
      mismatches: 0,
      quarantined: 3,
    })
    expect(await quarantined(subject)).toEqual(rejected)
    expect(await openMismatches(subject)).toEqual([])
  })

  test('leave it once they are mended or deleted; of several entries one stays', async () => {
    const subject = await createSubject({ transform: quantities, fill: half })
    await fill(subject)
    await subject.query(`UPDATE % SET quantity = '3' WHERE id = 3`)
    await subject.query('DELETE FROM % WHERE id = 6')
    for (const value of ['y', 'z']) await subject.query('UPDATE % SET quantity = $1 WHERE id = 9', [value])
    expect(await quarantined(subject)).toHaveLength(5)
    expect(await verify(subject)).toMatchObject({ outcome: 'verified', quarantined: 1 })
    expect(await quarantined(subject)).toEqual(['9: 22P02 amount'])

    await subject.query(`UPDATE % SET quantity = '9' WHERE id = 9`)
    expect(await fill(subject, { restart: true })).toMatchObject({ quarantined: 0 })
    expect(await quarantined(subject)).toEqual([])
  })

  test.each([
    { walk: 'a backfill', take: fill },
    { walk: 'a verification', take: verify },
  ])(
    'stay in it where $walk has passed them and the transform takes them before it ends, until somebody copies them',
    async ({ take }) => {
      const subject = await createSubject({ transform: states, fill: fillStates })
      if (take === verify) await fill(subject)
      beforeStatement(subject.session.client, 'DELETE FROM expand_contract.quarantine', () =>
        subject.query(`ALTER TYPE %_state ADD VALUE 'closed'`),
      )
      expect(await take(subject)).toMatchObject({ quarantined: 1 })
      expect(await subject.query('SELECT state FROM % ORDER BY id')).toEqual([{ state: 'open' }, { state: null }])
      expect(await quarantined(subject)).toEqual(['2: 22P02 state'])

      expect(await verify(subject)).toMatchObject({ outcome: 'mismatches', mismatches: 1, quarantined: 1 })
      expect(await fill(subject)).toMatchObject({ outcome: 'done', rowsChanged: 1, quarantined: 0 })
      expect(await verify(subject)).toMatchObject({ outcome: 'verified', quarantined: 0 })
      expect(await subject.query('SELECT state FROM % ORDER BY id')).toEqual([{ state: 'open' }, { state: 'closed' }])
    },
  )

  test('stay apart from mismatches, also where these are repaired', async () => {
    const subject = await createSubject({ transform: quantities, fill: half })
    await fill(subject)
    await past(subject, `UPDATE % SET amount = 77 WHERE id IN (1, 2); UPDATE % SET quantity = 'x' WHERE id = 4`)
    expect(await verify(subject)).toMatchObject({ outcome: 'mismatches', mismatches: 2, quarantined: 4 })
    expect(await openMismatches(subject)).toEqual(['1', '2'])
    await subject.query('DELETE FROM expand_contract.quarantine WHERE change_id = $1', [subject.change.id])
    expect(await verify(subject, { repair: true })).toMatchObject({ outcome: 'verified', repaired: 2, quarantined: 4 })
    expect(await quarantined(subject)).toContain('4: 22P02 amount')
    expect(await subject.query('SELECT amount FROM % WHERE id IN (1, 2, 4) ORDER BY id')).toEqual(
      [1, 2, 4].map((amount) => ({ amount })),
    )
  })

  test('one that is written behind the cursor is in quarantine by its writer', async () => {
    const subject = await createSubject({ transform: quantities, fill: half })
    const onProgress = afterFirstPage(subject, () => subject.query(`UPDATE % SET quantity = 'x' WHERE id IN (1, 10)`))
    expect(await fill(subject, { pageRows: 4, onProgress })).toMatchObject({ quarantined: 5 })
    expect(await quarantined(subject)).toEqual(['1: 22P02 amount', ...rejected, '10: 22P02 amount'])
  })

  test('one that backward gives agrees, whatever forward makes of it', async () => {
    const subject = await createSubject({ transform: quantities, fill: [`INSERT INTO % VALUES (1, 'A', 1)`] })
    expect(await fill(subject)).toMatchObject({ rowsChanged: 0, quarantined: 0 })
    expect(await verify(subject)).toMatchObject({ outcome: 'verified', quarantined: 0 })
  })

  test('a page that waits for a row judges it as it is then', async () => {
    const subject = await createSubject({ transform: quantities, fill: [`INSERT INTO % VALUES (1, '1'), (2, '2')`] })
    const writer = await subject.connect()
    await writer.query(`BEGIN; UPDATE ${subject.table} SET quantity = 'x' WHERE id = 1`)
    const filled = fill(subject, {
      onProgress: ({ waitingFor }: BackfillProgress) => waitingFor.length > 0 && writer.query('COMMIT'),
    })
    expect(await filled).toMatchObject({ outcome: 'done', quarantined: 1 })
    expect(await subject.query('SELECT quantity, amount FROM % ORDER BY id')).toEqual([
      { quantity: 'x', amount: null },
      { quantity: '2', amount: 2 },
    ])
  })

  test('are left as they are where old is filled from new, and are in quarantine too', async () => {
    const subject = await createSubject({ transform: quantities, phase: 'read-new' })
    await switchMode(subject.session.client, subject.change, subject.sides, { mode: 'forward', copyBack: false })
    await subject.query(`INSERT INTO % (id, amount) VALUES (1, 1), (2, -100)`)
    expect(await fill(subject, { direction: 'reverse' })).toMatchObject({ rowsChanged: 1, quarantined: 1 })
    expect(await subject.query('SELECT quantity, amount FROM % ORDER BY id')).toEqual([
      { quantity: 'A', amount: 1 },
      { quantity: null, amount: -100 },
    ])
    expect(await quarantined(subject)).toEqual(['2: 22023 quantity'])
    expect(await verify(subject)).toMatchObject({ outcome: 'verified', quarantined: 1 })
    await subject.query('UPDATE % SET amount = 2 WHERE id = 2')
    await fill(subject, { direction: 'reverse', restart: true })
    expect(await quarantined(subject)).toEqual([])
  })
})

test('a type that nobody declared is refused before the table is walked', async () => {
  const subject = await createSubject({ transform: { ...balances, sides: 'balance numeric, cents int' } })
  for (const walk of [fill, verify]) {
    await expect(walk(subject)).rejects.toMatchObject({
      code: 'EC_SCHEMA_CHANGED_UNDER',
      details: { problem: 'column "cents" is integer and is declared as bigint' },
    })
  }
})
