import { describe, expect, test } from 'vitest'
import { runBackfill } from '../../../src/backfill/index.ts'
import { verifyChange } from '../../../src/verify/index.ts'
import { afterFirstPage, createSubject, type Subject } from '../backfill/subject.ts'

/** Ten rows whose sides agree, two of them NULL on both. */
const agreeing = [
  `INSERT INTO % SELECT n, v, v FROM (SELECT n, CASE WHEN n > 2 THEN 'v' || n END AS v FROM generate_series(1, 10) n) s`,
]

/** Makes sides differ behind the trigger's back. */
async function corrupt(subject: Subject, assignments: string): Promise<void> {
  await subject.query(
    `DO $$ BEGIN ALTER TABLE % DISABLE TRIGGER USER; UPDATE % SET ${assignments};
       ALTER TABLE % ENABLE ALWAYS TRIGGER "~ec_${subject.change.id}_i";
       ALTER TABLE % ENABLE ALWAYS TRIGGER "~ec_${subject.change.id}_u"; END $$`,
  )
}

const verify = (subject: Subject, options = {}) => verifyChange(subject.session, subject.change, subject.sides, options)

async function openMismatches(subject: Subject): Promise<string[][]> {
  const rows = await subject.query<{ key: string[] }>(
    'SELECT key FROM expand_contract.mismatches WHERE change_id = $1 AND repaired_at IS NULL ORDER BY key',
    [subject.change.id],
  )
  return rows.map(({ key }) => key)
}

test('sides that agree are verified as of the epoch in which it began', async () => {
  const subject = await createSubject({ fill: agreeing })
  await subject.setRow('epoch = 7, sync_since = 5')

  const result = await verify(subject, { rangeRows: 4 })

  expect(result).toMatchObject({
    outcome: 'verified',
    rows: 10,
    withOld: 8,
    withNew: 8,
    mismatches: 0,
    ranges: 3,
    complete: true,
  })
  expect(await subject.row()).toMatchObject({ verifiedEpoch: 7, verifiedRows: 10, verifiedAt: expect.any(Date) })
  expect((await subject.history()).at(-1)).toMatchObject({ action: 'verify', evidence: { verified: true, rows: 10 } })
})

test('an empty table is verified', async () => {
  const subject = await createSubject()
  expect(await verify(subject)).toMatchObject({ outcome: 'verified', rows: 0, ranges: 0 })
})

describe('a difference of any kind is a mismatch', () => {
  test.for([
    ['new is NULL', 'next = CASE id WHEN 5 THEN NULL ELSE next END'],
    ['old is NULL', 'old = CASE id WHEN 5 THEN NULL ELSE old END'],
    ['the values differ', `next = CASE id WHEN 5 THEN 'other' ELSE next END`],
    ['it is the last row', `next = CASE id WHEN 10 THEN 'other' ELSE next END`, 10],
    ['it is the first row of a range', `next = CASE id WHEN 5 THEN 'other' ELSE next END`],
  ] as const)('where %s', async ([, assignments, id = 5]) => {
    const subject = await createSubject({ fill: agreeing })
    await verify(subject)
    await corrupt(subject, assignments)

    expect(await verify(subject, { rangeRows: 4 })).toMatchObject({ outcome: 'mismatches', rows: 10, mismatches: 1 })
    expect(await openMismatches(subject)).toEqual([[String(id)]])
  })
})

test('a mismatch destroys the verified state and asks for the backfill again', async () => {
  const subject = await createSubject({ fill: agreeing })
  await runBackfill(subject.session, subject.change, subject.sides)
  await verify(subject)
  await corrupt(subject, `next = CASE WHEN id IN (3, 4) THEN 'other' ELSE next END`)

  await verify(subject)
  expect(await subject.row()).toMatchObject({ verifiedEpoch: null, verifiedAt: null, backfillState: 'pending' })
  await verify(subject)
  expect(await openMismatches(subject)).toEqual([['3'], ['4']])

  const again = await runBackfill(subject.session, subject.change, subject.sides)
  expect(again).toMatchObject({ outcome: 'done', resumed: false, rowsChanged: 2 })
  expect(await verify(subject)).toMatchObject({ outcome: 'verified' })
  expect(await openMismatches(subject)).toEqual([])
})

describe('repair copies from the side that holds the truth', () => {
  test.for([
    ['dual-write', 'old value', 1],
    ['read-switch', 'old value', 1],
    ['read-new', 'new value', 1],
    ['new-only', 'new value', 1],
  ] as const)('in %s', async ([phase, survivor, mended]) => {
    const subject = await createSubject({ fill: agreeing, phase })
    await corrupt(
      subject,
      `old = CASE id WHEN 5 THEN 'old value' ELSE old END, next = CASE id WHEN 5 THEN 'new value' ELSE next END`,
    )

    const result = await verify(subject, { repair: true })

    expect(result).toMatchObject({ outcome: 'verified', repaired: mended, mismatches: 0 })
    expect(await subject.query('SELECT old, next FROM % WHERE id = 5')).toEqual([{ old: survivor, next: survivor }])
    expect(await openMismatches(subject)).toEqual([])
    expect((await subject.row()).verifiedEpoch).toBe(1)
  })

  test('of more rows than are locked at once', async () => {
    const subject = await createSubject({ fill: [`INSERT INTO % SELECT n, 'v' || n FROM generate_series(1, 1700) n`] })
    expect(await verify(subject, { repair: true, rangeRows: 1500 })).toMatchObject({
      outcome: 'verified',
      repaired: 1700,
    })
    expect(await subject.differing()).toBe(0)
  })
})

test('a pass ends where there are too many mismatches to go on', async () => {
  const subject = await createSubject({ fill: [`INSERT INTO % SELECT n, 'v' || n FROM generate_series(1, 5000) n`] })
  expect(await verify(subject, { rangeRows: 100 })).toMatchObject({
    outcome: 'mismatches',
    mismatches: 1000,
    rows: 1000,
    complete: false,
  })
})

test('a difference that is gone once the row lock is had is none', async () => {
  const subject = await createSubject({ fill: agreeing })
  await corrupt(subject, `next = CASE id WHEN 5 THEN 'other' ELSE next END`)
  const writer = await subject.connect('writer in the way')
  await writer.query('BEGIN')
  await writer.query(`UPDATE ${subject.table} SET old = 'same', next = 'same' WHERE id = 5`)

  const waiting = Promise.withResolvers<readonly string[]>()
  const verification = verify(subject, {
    onProgress: ({ waitingFor }: { waitingFor: readonly string[] }) => {
      if (waitingFor.length > 0) waiting.resolve(waitingFor)
    },
  })
  expect((await waiting.promise).join()).toContain('writer in the way')
  await writer.query('COMMIT')

  expect(await verification).toMatchObject({ outcome: 'verified', mismatches: 0 })
})

test('nothing is recorded where the sides have been out of sync meanwhile', async () => {
  const subject = await createSubject({ fill: agreeing })
  const onProgress = afterFirstPage(subject, () => subject.setRow('epoch = 9, sync_since = 9'))
  const verification = verify(subject, { rangeRows: 2, onProgress })
  await expect(verification).rejects.toMatchObject({ code: 'EC_RUN_STOPPED' })
  expect((await subject.row()).verifiedEpoch).toBeNull()
})

test('an interrupted verification proves nothing', async () => {
  const subject = await createSubject({ fill: agreeing })
  const controller = new AbortController()
  const result = await verify(subject, {
    rangeRows: 2,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  })
  expect(result).toMatchObject({ outcome: 'interrupted', rows: 2, complete: false })
  expect((await subject.row()).verifiedEpoch).toBeNull()
})

test.for(['planned', 'contracted'] as const)('nothing is verified in %s', async (phase) => {
  const subject = await createSubject({ fill: agreeing })
  await subject.setRow(`phase = '${phase}'`)
  await expect(verify(subject)).rejects.toMatchObject({ code: 'EC_PHASE_FORBIDS' })
})

test.for([
  ['abandoned', `phase = 'abandoned'`],
  ['dropped', `phase = 'contracted', retired_at = now(), dropped_at = now()`],
] as const)('nothing is verified or filled of a change that was %s, as that is over', async ([, assignments]) => {
  const subject = await createSubject({ fill: agreeing })
  await subject.setRow(assignments)
  await subject.query('ALTER TABLE % DROP COLUMN old CASCADE')
  await expect(verify(subject)).rejects.toMatchObject({ code: 'EC_CHANGE_ENDED' })
  await expect(runBackfill(subject.session, subject.change, subject.sides)).rejects.toMatchObject({
    code: 'EC_CHANGE_ENDED',
  })
})

test('nothing is verified where old is given up, and the error says what to do', async () => {
  const subject = await createSubject({ fill: agreeing, phase: 'new-only' })
  await subject.setRow('copy_back = false')
  await expect(verify(subject)).rejects.toMatchObject({
    code: 'EC_OLD_GIVEN_UP',
    fix: expect.stringContaining('expand-contract back'),
  })
})

test.for([
  ['dual-write', 'forward'],
  ['read-switch', 'forward'],
  ['read-new', 'reverse'],
  ['new-only', 'reverse'],
] as const)('a verification that fails in %s asks for the %s backfill', async ([phase, direction]) => {
  const subject = await createSubject({ fill: [`INSERT INTO % VALUES (1, 'a', 'b')`], phase })
  await subject.setRow(`backfill_state = 'done'`)
  expect(await verify(subject)).toMatchObject({ outcome: 'mismatches' })
  expect(await subject.row()).toMatchObject({ backfillState: 'pending', backfillDirection: direction })
})

test('no value of a row reaches the records', async () => {
  const subject = await createSubject({ fill: [`INSERT INTO % VALUES (1, 'canary', 'canary-2')`] })
  await verify(subject)
  expect(await openMismatches(subject)).toEqual([['1']])
  expect(JSON.stringify(await subject.history())).not.toContain('canary')
})
