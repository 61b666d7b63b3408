import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type BackfillOptions, runBackfill } from '../../../src/backfill/index.ts'
import { phasePin } from '../../../src/control/phase-pin.ts'
import { openSession } from '../../../src/control/session.ts'
import { lockOutPins } from '../../../src/sql/pin.ts'
import { afterFirstPage, createSubject, type Subject, url } from './subject.ts'

const rowsUpTo = (last: number) => `INSERT INTO % SELECT n, 'v' || n FROM generate_series(1, ${last}) n`
const backfill = (subject: Subject, options: BackfillOptions = {}) =>
  runBackfill(subject.session, subject.change, subject.sides, { pageRows: 10, ...options })

test('a run fills every row, NULLs included, and says so in the change and its history', async () => {
  const subject = await createSubject({ fill: [rowsUpTo(25), 'UPDATE % SET old = NULL WHERE id IN (1, 10, 25)'] })

  expect(await backfill(subject)).toMatchObject({
    outcome: 'done',
    resumed: false,
    rowsSeen: 25,
    rowsChanged: 22,
    pages: 3,
  })

  expect(await subject.differing()).toBe(0)
  expect(await subject.row()).toMatchObject({ backfillState: 'done', backfillDirection: 'forward', epoch: 1 })
  const events = (await subject.history()).map(({ action, evidence }) => [action, evidence.event, evidence.rowsChanged])
  expect(events).toEqual([
    ['backfill', 'started', 0],
    ['backfill', 'done', 22],
  ])
})

test('a value that is wrong is replaced, not only one that is missing', async () => {
  const subject = await createSubject({
    fill: [
      rowsUpTo(3),
      `UPDATE % SET next = 'wrong' WHERE id = 2`,
      'UPDATE % SET old = NULL, next = $$x$$ WHERE id = 3',
    ],
  })
  await backfill(subject)
  expect(await subject.query('SELECT next FROM % ORDER BY id')).toEqual([
    { next: 'v1' },
    { next: 'v2' },
    { next: null },
  ])
})

test('an empty table is done at once', async () => {
  const subject = await createSubject()
  expect(await backfill(subject)).toMatchObject({ outcome: 'done', rowsSeen: 0, pages: 0 })
  expect((await subject.row()).backfillState).toBe('done')
})

test('a finished run stands: the next call does nothing', async () => {
  const subject = await createSubject({ fill: [rowsUpTo(25)] })
  await backfill(subject)
  expect(await backfill(subject)).toMatchObject({ outcome: 'already-done', rowsSeen: 25, rowsChanged: 25 })
  expect(await subject.runs()).toHaveLength(1)
  expect(await subject.history()).toHaveLength(2)
})

test('walking it again changes nothing, not even the version of a row', async () => {
  const subject = await createSubject({ fill: [rowsUpTo(25)] })
  await backfill(subject)
  const versions = () => subject.query('SELECT id, xmin::text FROM % ORDER BY id')
  const before = await versions()
  expect(await backfill(subject, { restart: true })).toMatchObject({ outcome: 'done', rowsSeen: 25, rowsChanged: 0 })
  expect(await versions()).toEqual(before)
  expect((await subject.runs()).map(({ state }) => state)).toEqual(['void', 'done'])
})

test('a run that begins voids the verification before it, and one that is taken up again does not', async () => {
  const subject = await createSubject({ fill: [rowsUpTo(25)] })
  await backfill(subject)
  await subject.setRow('verified_epoch = 1, verified_at = now()')
  expect(await backfill(subject)).toMatchObject({ outcome: 'already-done' })
  expect((await subject.row()).verifiedEpoch).toBe(1)

  const interrupt = new AbortController()
  const onProgress = () => interrupt.abort()
  await backfill(subject, { restart: true, signal: interrupt.signal, onProgress })
  expect((await subject.row()).verifiedEpoch).toBeNull()

  await subject.setRow('verified_epoch = 1')
  expect(await backfill(subject)).toMatchObject({ outcome: 'done', resumed: true })
  expect((await subject.row()).verifiedEpoch).toBe(1)
})

test('a run that fills old leaves of the verification that new was proved once', async () => {
  const subject = await createSubject({ fill: [rowsUpTo(5)], phase: 'read-new' })
  await subject.setRow('verified_epoch = 7, sync_since = 3, epoch = 8')
  await backfill(subject, { direction: 'reverse' })
  expect((await subject.row()).verifiedEpoch).toBe(2)
})

test('pages look at more rows where there is nothing to copy, and never copy more than they may', async () => {
  const subject = await createSubject({ fill: [rowsUpTo(300), 'UPDATE % SET next = old WHERE id <= 170 OR id = 300'] })
  const totals = [{ rowsSeen: 0, rowsChanged: 0 }]
  const result = await backfill(subject, { onProgress: (progress) => totals.push(progress) })

  expect(result).toMatchObject({ outcome: 'done', rowsSeen: 300, rowsChanged: 129 })
  expect(await subject.differing()).toBe(0)
  const pages = totals.slice(1).map(({ rowsSeen, rowsChanged }, page) => ({
    rows: rowsSeen - totals[page]!.rowsSeen,
    copied: rowsChanged - totals[page]!.rowsChanged,
  }))
  // The fifth was to look at 100 rows and met too many to copy.
  expect(pages.slice(0, 5)).toEqual([
    { rows: 10, copied: 0 },
    { rows: 20, copied: 0 },
    { rows: 40, copied: 0 },
    { rows: 80, copied: 0 },
    { rows: 10, copied: 0 },
  ])
  expect(Math.max(...pages.map(({ copied }) => copied))).toBe(10)
})

test('an interrupted run goes on behind its cursor', async () => {
  const subject = await createSubject({ fill: [rowsUpTo(25)] })
  const controller = new AbortController()
  const stopped = await backfill(subject, { signal: controller.signal, onProgress: () => controller.abort() })
  expect(stopped).toMatchObject({ outcome: 'interrupted', rowsSeen: 10, pages: 1 })
  // The first page is made to differ again: a run that began at the first row would mend it.
  await subject.query('ALTER TABLE % DISABLE TRIGGER USER')
  await subject.query('UPDATE % SET next = NULL WHERE id = 5')
  await subject.query(`ALTER TABLE % ENABLE ALWAYS TRIGGER "~ec_${subject.change.id}_i"`)
  await subject.query(`ALTER TABLE % ENABLE ALWAYS TRIGGER "~ec_${subject.change.id}_u"`)

  expect(await backfill(subject)).toMatchObject({
    outcome: 'done',
    resumed: true,
    rowsSeen: 25,
    rowsChanged: 25,
    pages: 3,
  })

  expect(await subject.query('SELECT id FROM % WHERE next IS DISTINCT FROM old')).toEqual([{ id: 5 }])
})

test('rows that are written meanwhile, behind the cursor and beyond the bound, are left to the sync trigger', async () => {
  const subject = await createSubject({ fill: [rowsUpTo(25)] })
  const onProgress = afterFirstPage(subject, async () => {
    await subject.query(`INSERT INTO % (id, old) VALUES (0, 'before'), (26, 'beyond'), (27, 'far beyond')`)
    await subject.query(`UPDATE % SET old = 'new value' WHERE id IN (3, 20)`)
    await subject.query(`DELETE FROM % WHERE id IN (2, 21)`)
  })

  // Row 20 was synced by its own update, 21 is gone, and what lies beyond the bound is not looked at.
  expect(await backfill(subject, { onProgress })).toMatchObject({ outcome: 'done', rowsSeen: 24, rowsChanged: 23 })

  expect(await subject.differing()).toBe(0)
  expect(await subject.query(`SELECT next FROM % WHERE id IN (0, 3, 20, 27) ORDER BY id`)).toEqual([
    { next: 'before' },
    { next: 'new value' },
    { next: 'new value' },
    { next: 'far beyond' },
  ])
})

test('two workers on one run take turns, and no row is counted twice', async () => {
  const subject = await createSubject({ fill: [rowsUpTo(2000)] })
  const other = await openSession(url)
  try {
    const results = await Promise.all(
      [subject.session, other].map((session) => runBackfill(session, subject.change, subject.sides, { pageRows: 10 })),
    )
    expect(new Set(results.map(({ run }) => run)).size).toBe(1)
  } finally {
    await other.close()
  }
  expect(await subject.runs()).toMatchObject([{ state: 'done', rowsSeen: 2000, rowsChanged: 2000, pages: 200 }])
  expect(await subject.differing()).toBe(0)
  expect((await subject.history()).filter(({ evidence }) => evidence.event === 'done')).toHaveLength(1)
})

describe('a run stops where the change is moved under it, and writes nothing after that', () => {
  test.for([
    ['into a phase where new holds the truth', `phase = 'new-only', epoch = 2`, 'EC_PHASE_FORBIDS'],
    ['out of sync', 'sync_since = NULL, epoch = 2', 'EC_NOT_SYNCED'],
    ['out of sync and into it again', 'sync_since = 3, epoch = 3', 'EC_RUN_STOPPED'],
  ] as const)('%s', async ([, assignments, code]) => {
    const subject = await createSubject({ fill: [rowsUpTo(40)] })
    const onProgress = afterFirstPage(subject, () => subject.setRow(assignments))
    await expect(backfill(subject, { onProgress })).rejects.toMatchObject({ code })
    expect(await subject.differing()).toBe(30)
    expect((await subject.runs())[0]).toMatchObject({ state: 'running', rowsSeen: 10 })
  })

  test.for([
    [
      'into a phase where old holds the truth',
      `phase = 'read-switch', trigger_mode = 'old', epoch = 2`,
      'EC_PHASE_FORBIDS',
    ],
    ['to where old is given up, and back', 'sync_since = 3, epoch = 3', 'EC_RUN_STOPPED'],
  ] as const)('in reverse: %s', async ([, assignments, code]) => {
    const subject = await createSubject({
      fill: [`INSERT INTO % (id, next) SELECT n, 'v' || n FROM generate_series(1, 40) n`],
      phase: 'read-new',
    })
    const onProgress = afterFirstPage(subject, () => subject.setRow(assignments))
    await expect(backfill(subject, { direction: 'reverse', onProgress })).rejects.toMatchObject({ code })
    expect(await subject.differing()).toBe(30)
  })

  test('a page that waits for a transition sees the phase that the transition leaves', async () => {
    const subject = await createSubject({ fill: [rowsUpTo(2000)] })
    const operator = await subject.connect('operator')
    const waiting = Promise.withResolvers<readonly string[]>()
    const run = backfill(subject, {
      pageRows: 1,
      onProgress: ({ waitingFor }) => {
        if (waitingFor.length > 0) waiting.resolve(waitingFor)
      },
    }).catch((error: unknown) => error)
    await expect.poll(async () => (await subject.runs())[0]?.pages ?? 0, { interval: 1 }).toBeGreaterThan(0)
    await operator.query('BEGIN')
    await operator.query(`UPDATE expand_contract.changes SET phase = 'new-only' WHERE id = $1`, [subject.change.id])
    await lockOutPins(operator, phasePin(subject.change.id))
    // The operator waited for the page under way, so from here on there is no other.
    const [{ pages } = { pages: 0 }] = await subject.runs()
    expect((await waiting.promise).join()).toContain('operator')
    await operator.query('COMMIT')
    expect(await run).toMatchObject({ code: 'EC_PHASE_FORBIDS' })
    expect((await subject.runs())[0]).toMatchObject({ pages, rowsChanged: pages })
    expect(await subject.differing()).toBe(2000 - pages)
  })
})

test('after a gap in sync the run begins again at the first row', async () => {
  const subject = await createSubject({ fill: [rowsUpTo(25)] })
  await backfill(subject)
  await subject.setRow('sync_since = 5, epoch = 5')
  expect(await backfill(subject)).toMatchObject({ outcome: 'done', resumed: false, rowsSeen: 25, rowsChanged: 0 })
})

describe('who may run when', () => {
  test.for(['planned', 'read-new', 'new-only', 'contracted'] as const)(
    'nothing is filled forward in %s',
    async (phase) => {
      const subject = await createSubject({ fill: [rowsUpTo(3)], phase })
      await expect(backfill(subject)).rejects.toMatchObject({ code: 'EC_PHASE_FORBIDS' })
      expect(await subject.runs()).toEqual([])
    },
  )

  test.for(['expanded', 'dual-write', 'read-switch'] as const)('new is filled from old in %s', async (phase) => {
    const subject = await createSubject({ fill: [rowsUpTo(3)], phase })
    expect(await backfill(subject)).toMatchObject({ outcome: 'done', rowsChanged: 3 })
  })

  test('nothing is filled, nor called filled, where old is given up', async () => {
    const subject = await createSubject({ fill: [rowsUpTo(3)], phase: 'new-only' })
    await subject.setRow('copy_back = false')
    await expect(backfill(subject, { direction: 'reverse' })).rejects.toMatchObject({
      code: 'EC_OLD_GIVEN_UP',
      fix: expect.stringContaining('expand-contract back'),
    })
    expect(await subject.runs()).toEqual([])
  })

  test.for(['read-new', 'new-only'] as const)('old is filled from new in %s', async (phase) => {
    const subject = await createSubject({ fill: [rowsUpTo(3), `UPDATE % SET old = NULL, next = 'truth'`], phase })
    expect(await backfill(subject, { direction: 'reverse' })).toMatchObject({ outcome: 'done', rowsChanged: 3 })
    expect(await subject.query('SELECT DISTINCT old, next FROM %')).toEqual([{ old: 'truth', next: 'truth' }])
    expect((await subject.row()).backfillDirection).toBe('reverse')
  })

  test('nothing is filled without the sync trigger', async () => {
    const subject = await createSubject({ fill: [rowsUpTo(3)] })
    await subject.query('ALTER TABLE % DISABLE TRIGGER USER')
    await expect(backfill(subject)).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    expect(await subject.runs()).toEqual([])
  })

  test('nothing is filled by a declaration that names other columns than were expanded', async () => {
    const subject = await createSubject({ fill: [rowsUpTo(3)] })
    await subject.setRow(`declaration_hash = 'another', declaration = declaration || '{"new": ["other"]}'`)
    await expect(backfill(subject)).rejects.toMatchObject({ code: 'EC_DECLARATION_DIFFERS' })
  })

  test('nothing is filled for a change that nobody has recorded', async () => {
    const subject = await createSubject({ fill: [rowsUpTo(3)] })
    await subject.query('DELETE FROM expand_contract.changes WHERE id = $1', [subject.change.id])
    await expect(backfill(subject)).rejects.toMatchObject({ code: 'EC_CHANGE_UNRECORDED' })
  })
})

describe('a table that is not what it was', () => {
  test.for([
    ['it does not exist', 'DROP TABLE %'],
    ['it has no column', 'ALTER TABLE % DROP COLUMN next CASCADE'],
    ['it has no primary key', 'ALTER TABLE % DROP CONSTRAINT %_pkey'],
  ] as const)('is refused at the start: %s', async ([problem, sabotage]) => {
    const subject = await createSubject({ fill: [rowsUpTo(3)] })
    await subject.query(sabotage)
    await expect(backfill(subject)).rejects.toMatchObject({
      code: 'EC_SCHEMA_CHANGED_UNDER',
      message: expect.stringContaining(problem),
    })
    expect(await subject.runs()).toEqual([])
  })

  test.for([
    ['dropped', 'DROP TABLE %'],
    ['without a side', 'ALTER TABLE % DROP COLUMN next CASCADE'],
    ['with a side of another type', 'ALTER TABLE % DROP COLUMN next CASCADE, ADD COLUMN next int'],
  ] as const)('stops a run under way: %s', async ([, sabotage]) => {
    const subject = await createSubject({ fill: [rowsUpTo(25)] })
    const onProgress = afterFirstPage(subject, () => subject.query(sabotage))
    await expect(backfill(subject, { onProgress })).rejects.toMatchObject({ code: 'EC_SCHEMA_CHANGED_UNDER' })
    expect((await subject.runs())[0]).toMatchObject({ state: 'running', rowsSeen: 10 })
  })
})

describe('a row that somebody has locked', () => {
  test('is waited for, with a note that names who has it, and filled once it is free', async () => {
    const subject = await createSubject({ fill: [rowsUpTo(25)] })
    const holder = await subject.connect('a long report')
    await holder.query('BEGIN')
    await holder.query(`UPDATE ${subject.table} SET id = id WHERE id = 15`)
    const waiting = Promise.withResolvers<readonly string[]>()
    const run = backfill(subject, {
      onProgress: ({ waitingFor }) => {
        if (waitingFor.length > 0) waiting.resolve(waitingFor)
      },
    })
    expect((await waiting.promise).join()).toContain('a long report')
    await holder.query('COMMIT')
    expect(await run).toMatchObject({ outcome: 'done', rowsSeen: 25, rowsChanged: 25 })
  })

  test('ends the run after a while, and the run can be taken up again', async () => {
    const subject = await createSubject({ fill: [rowsUpTo(25)] })
    const holder = await subject.connect('a long report')
    await holder.query('BEGIN')
    await holder.query(`UPDATE ${subject.table} SET id = id WHERE id = 15`)
    await expect(backfill(subject, { patienceMs: 1 })).rejects.toMatchObject({
      code: 'EC_LOCK_TIMEOUT',
      message: expect.stringContaining('a long report'),
    })
    await holder.query('ROLLBACK')
    expect(await backfill(subject)).toMatchObject({ outcome: 'done', resumed: true, rowsSeen: 25 })
  })
})

test('a page of very large rows is made smaller', async () => {
  const subject = await createSubject({
    fill: [
      rowsUpTo(7),
      // Each row takes 0.3 s to write, so all seven take longer than a page may.
      `CREATE FUNCTION %_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END $$`,
      'CREATE TRIGGER slow BEFORE UPDATE ON % FOR EACH ROW EXECUTE FUNCTION %_slow()',
    ],
  })
  const result = await backfill(subject, { pageRows: 7 })
  expect(result).toMatchObject({ outcome: 'done', rowsSeen: 7, rowsChanged: 7, pages: 7 })
})

test('pages are READ COMMITTED whatever the default of the database', async () => {
  const subject = await createSubject({
    fill: [
      rowsUpTo(25),
      `CREATE FUNCTION %_isolation() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         ASSERT current_setting('transaction_isolation') = 'read committed'; RETURN NEW; END $$`,
      'CREATE TRIGGER isolation BEFORE UPDATE ON % FOR EACH ROW EXECUTE FUNCTION %_isolation()',
    ],
  })
  await subject.session.client.query(`SET default_transaction_isolation = 'repeatable read'`)
  expect(await backfill(subject)).toMatchObject({ outcome: 'done', rowsChanged: 25 })
})

test('no value of a row reaches an error', async () => {
  const subject = await createSubject({
    fill: [`INSERT INTO % VALUES (1, 'canary')`, `ALTER TABLE % ADD CHECK (next <> 'canary')`],
  })
  const error = await backfill(subject).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'EC_QUERY_FAILED', cause: { code: '23514' } })
  // Of the failing row PostgreSQL says `(1, canary, canary)`.
  expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain('canary')
})

test('a connection that is cut under a page is called that, and no failure of the backfill', async () => {
  const subject = await createSubject({
    fill: [
      rowsUpTo(5),
      `CREATE FUNCTION %_cut() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$`,
      'CREATE TRIGGER cut BEFORE UPDATE ON % FOR EACH ROW EXECUTE FUNCTION %_cut()',
    ],
  })
  await expect(backfill(subject)).rejects.toMatchObject({ code: 'EC_CONNECTION_LOST', cause: { code: '57P01' } })
})
