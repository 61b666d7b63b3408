import { describe, expect, it } from 'vitest'
import type { Facts } from '../../../src/phase/facts.ts'
import { type Phase, phases, triggerModeIn } from '../../../src/phase/phase.ts'
import {
  arming,
  blockersOf,
  destinations,
  filling,
  transitionBetween,
  transitions,
} from '../../../src/phase/transitions.ts'
import { facts, liveProcess } from '../../support/facts.ts'

const now = facts().now
const day = 86_400_000
const noTrigger = { trigger: undefined }
const altered = { trigger: { mode: 'old', alteredByHand: true, enabledAlways: true, laterTriggers: [] } } as const
const armedTrigger = { trigger: { mode: 'new', alteredByHand: false, enabledAlways: true, laterTriggers: [] } } as const

/** Each guard where it matters: what is wrong, and whether a reason may override it. */
const refusals: readonly [
  from: Phase,
  to: Phase,
  wrong: Partial<Facts>,
  kind: 'safety' | 'courtesy',
  reason: string,
][] = [
  [
    'planned',
    'expanded',
    { columns: { old: 'text', new: undefined }, ...noTrigger },
    'safety',
    'column users.full_name does not exist yet',
  ],
  ['planned', 'expanded', noTrigger, 'safety', 'the sync trigger is not installed'],
  ['planned', 'expanded', { invalidIndexes: ['"i"'] }, 'safety', 'index "i" is invalid'],
  [
    'planned',
    'expanded',
    { rolesWithoutNewSide: ['app'] },
    'safety',
    'role "app" may read or write users.name and not users.full_name',
  ],
  [
    'expanded',
    'dual-write',
    { processes: [liveProcess({ oldestPhase: undefined })] },
    'courtesy',
    'billing 4f2a1c on web-3 (pid 812) does not know the change',
  ],
  [
    'expanded',
    'dual-write',
    { processes: [liveProcess({ oldestPhase: undefined })], sync: 'none' },
    'safety',
    'billing 4f2a1c on web-3 (pid 812) does not know the change',
  ],
  [
    'expanded',
    'dual-write',
    { typeProblem: 'users.name is text and users.full_name is integer: give them one type' },
    'safety',
    'users.name is text and users.full_name is integer',
  ],
  ['expanded', 'dual-write', noTrigger, 'safety', 'the sync trigger is missing'],
  [
    'expanded',
    'dual-write',
    { trigger: { mode: 'old', alteredByHand: false, enabledAlways: false, laterTriggers: [] } },
    'safety',
    'the sync trigger is disabled or not ENABLE ALWAYS',
  ],
  [
    'expanded',
    'dual-write',
    { trigger: { mode: 'old', alteredByHand: false, enabledAlways: true, laterTriggers: ['~zz'] } },
    'safety',
    'trigger ~zz fires after the sync trigger',
  ],
  ['dual-write', 'read-switch', { backfillDone: false }, 'safety', 'the backfill has not finished'],
  ['dual-write', 'read-switch', { verifiedEpoch: null }, 'safety', 'both sides have not been verified'],
  ['dual-write', 'read-switch', { verifiedEpoch: 2, syncSince: 3 }, 'safety', 'both sides have not been verified'],
  ['dual-write', 'read-switch', { openMismatches: 3 }, 'safety', '3 row(s) differ'],
  ['dual-write', 'read-switch', { quarantined: 2 }, 'safety', '2 row(s) hold a value that the transform rejects'],
  ['read-switch', 'read-new', { quarantined: 2 }, 'safety', '2 row(s) hold a value that the transform rejects'],
  ['read-new', 'read-switch', { quarantined: 2 }, 'safety', '2 row(s) hold a value that the transform rejects'],
  ['dual-write', 'read-switch', { invalidIndexes: ['"i"'] }, 'safety', 'index "i" is invalid'],
  [
    'read-switch',
    'read-new',
    { verifiedAt: new Date(0) },
    'safety',
    'no verification has finished since the change entered "read-switch"',
  ],
  ['read-switch', 'read-new', { hold: 'by hand' }, 'courtesy', 'reads are held on old (by hand)'],
  [
    'read-switch',
    'read-new',
    { processes: [liveProcess({ keyedReads: { old: 1, new: 9, lastOldAgoMs: 3_000 } })] },
    'courtesy',
    'still reads old for some keys',
  ],
  ['read-new', 'new-only', { steps: { handover: 'deferred' } }, 'safety', 'the handover step is deferred'],
  [
    'read-new',
    'new-only',
    { oldConstraints: ['NOT NULL'], copyBack: false },
    'safety',
    'users.name has kept its NOT NULL through the handover',
  ],
  [
    'read-new',
    'new-only',
    { processes: [liveProcess({ oldestPhase: 'read-switch' })] },
    'courtesy',
    'is at "read-switch"',
  ],
  [
    'read-new',
    'new-only',
    { processes: [liveProcess({ oldestPhase: 'read-switch' })], copyBack: false },
    'safety',
    'is at "read-switch"',
  ],
  ['new-only', 'contracted', {}, 'safety', 'writes to old alone are still accepted'],
  ['new-only', 'contracted', { processes: [liveProcess({ oldestPhase: 'read-new' })] }, 'safety', 'is at "read-new"'],
  [
    'new-only',
    'contracted',
    { soakMs: day },
    'courtesy',
    'have been watched for less than the soak; it ends 2026-01-02T11:00:00.000Z',
  ],
  ['new-only', 'contracted', { unawareWriters: ['"psql"'] }, 'courtesy', '"psql" wrote users.name alone'],
  ['new-only', 'contracted', { dependents: ['view report'] }, 'safety', 'view report needs users.name'],
  ['new-only', 'contracted', { openMismatches: 1 }, 'safety', '1 row(s) differ'],
  [
    'read-new',
    'read-switch',
    { processes: [liveProcess({ oldestPhase: 'read-switch', newestPhase: 'new-only' })] },
    'courtesy',
    'is at "read-switch" up to "new-only"',
  ],
  [
    'read-new',
    'read-switch',
    { processes: [liveProcess({ oldestPhase: undefined, problem: 'its row is another' })] },
    'courtesy',
    'cannot be judged: its row is another',
  ],
  [
    'dual-write',
    'expanded',
    { sync: 'none', processes: [liveProcess({ newestPhase: 'read-switch' })] },
    'safety',
    'is at "dual-write" up to "read-switch"',
  ],
  ['expanded', 'abandoned', { steps: { handover: 'done' } }, 'safety', 'cannot be abandoned any more'],
  ['read-switch', 'read-new', altered, 'safety', 'the sync trigger was altered by hand'],
  ['read-new', 'read-switch', altered, 'safety', 'the sync trigger was altered by hand'],
  [
    'read-new',
    'read-switch',
    { backfillDirection: 'reverse', backfillDone: false },
    'safety',
    'users.name has not been written all the time',
  ],
  [
    'read-new',
    'read-switch',
    { backfillDirection: 'reverse', verifiedEpoch: null },
    'safety',
    'users.name has been filled from users.full_name and not verified yet',
  ],
  ['read-new', 'new-only', { copyBack: false, verifiedEpoch: null }, 'safety', 'both sides have not been verified'],
  [
    'read-new',
    'new-only',
    { copyBack: false, verifiedEpoch: null, backfillDirection: 'reverse' },
    'safety',
    'both sides have not been verified',
  ],
  ['read-new', 'new-only', { copyBack: false, drain: undefined }, 'safety', 'have not been waited for yet'],
  [
    'read-new',
    'new-only',
    { copyBack: false, drain: { waitingFor: ['the transaction of pid 7'] } },
    'safety',
    'the transaction of pid 7',
  ],
  ['contracted', 'new-only', noTrigger, 'safety', 'the sync trigger is missing'],
  ['contracted', 'new-only', { droppedAt: now }, 'safety', 'only a restore brings it back'],
]

describe('the transition table', () => {
  it.each(refusals)('refuses %s → %s for %j as %s', (from, to, wrong, kind, reason) => {
    const blockers = blockersOf(transitionBetween(from, to)!.guards, facts({ phase: from, ...wrong }))
    expect(blockers).toContainEqual(expect.objectContaining({ kind, reason: expect.stringContaining(reason) }))
  })

  it.each(transitions.map(({ from, to }) => [from, to] as const))(
    'lets %s → %s pass where nothing is wrong',
    (from, to) => {
      const fine = to === 'contracted' ? armedTrigger : to === 'abandoned' ? { steps: {} } : {}
      expect(blockersOf(transitionBetween(from, to)!.guards, facts({ phase: from, ...fine }))).toEqual([])
    },
  )

  it('goes forward and back by one phase at a time, and nowhere else', () => {
    expect(Object.fromEntries((Object.keys(phases) as Phase[]).map((phase) => [phase, destinations(phase)]))).toEqual({
      planned: ['expanded'],
      expanded: ['dual-write', 'abandoned'],
      'dual-write': ['read-switch', 'expanded'],
      'read-switch': ['read-new', 'dual-write'],
      'read-new': ['new-only', 'read-switch'],
      'new-only': ['contracted', 'read-new'],
      contracted: ['new-only'],
      abandoned: [],
    })
  })

  it('lets the trigger follow the phase, by what is armed and whether old is copied back', () => {
    const modes = (phase: Phase) =>
      [true, false].flatMap((copyBack) =>
        [false, true].map((armed) => triggerModeIn(phase, { copyBack, armed }) ?? 'left'),
      )
    expect(
      Object.fromEntries((Object.keys(phases) as Phase[]).map((phase) => [phase, modes(phase).join(' ')])),
    ).toEqual({
      planned: 'left left left left',
      expanded: 'old old old old',
      'dual-write': 'old old old old',
      'read-switch': 'old old old old',
      'read-new': 'both both both both',
      'new-only': 'both new forward fence',
      contracted: 'new new fence fence',
      abandoned: 'left left left left',
    })
  })
})

describe('a backfill', () => {
  const wrong = { processes: [liveProcess({ oldestPhase: 'expanded' })], attested: false, drain: undefined }

  it('waits for nobody where the sync trigger sees to what is written meanwhile', () => {
    expect(filling(facts(wrong))).toEqual([])
  })

  it('without a trigger waits for processes, an attestation and transactions, whatever the reason to hurry', () => {
    const without = facts({ ...wrong, sync: 'none' })
    expect(blockersOf(filling(without), without).map(({ kind, reason }) => [kind, reason])).toEqual([
      ['safety', expect.stringContaining('is at "expanded"')],
      ['safety', expect.stringContaining('--attest')],
      ['safety', expect.stringContaining('have not been waited for yet')],
    ])
  })

  it('backwards waits for processes to read new', () => {
    const back = facts({ phase: 'read-new', sync: 'none', attested: true, processes: [liveProcess()] })
    expect(blockersOf(filling(back), back).map(({ reason }) => reason)).toEqual([
      expect.stringContaining('is at "dual-write"'),
    ])
  })
})

describe('the contract', () => {
  it.each([
    ['with copy-back is proved by a verification since', { copyBack: true }, 1],
    ['without copy-back by the one before old was given up', { copyBack: false }, 1],
    [
      'without copy-back, after having come back and gone again, by the one of the first time',
      { copyBack: false, backfillDirection: 'reverse', verifiedEpoch: 1, syncSince: 2 },
      0,
    ],
    [
      'without copy-back, after the proof has begun anew, by nothing that was verified before',
      { copyBack: false, backfillDirection: 'reverse' },
      1,
    ],
  ] as const)('%s', (_, more, blockers) => {
    const unverified = facts({ phase: 'new-only', ...armedTrigger, verifiedEpoch: null, ...more })
    expect(blockersOf(transitionBetween('new-only', 'contracted')!.guards, unverified)).toHaveLength(blockers)
  })
})

describe('arming the refusal', () => {
  it.each([
    [{ drain: { waitingFor: ['the transaction of pid 7'] } }, 'the transaction of pid 7'],
    [{ processes: [liveProcess({ oldestPhase: 'read-new' })] }, 'is at "read-new"'],
    [{ processes: [liveProcess({ oldestPhase: undefined })] }, 'does not know the change'],
    [{ unawareWriters: ['"psql"'] }, '"psql" wrote users.name alone'],
    [{ soakMs: day }, 'watched for less than the soak'],
  ])('waits out of courtesy: %j', (wrong, reason) => {
    expect(blockersOf(arming, facts({ phase: 'new-only', ...wrong }))).toEqual([
      expect.objectContaining({ kind: 'courtesy', reason: expect.stringContaining(reason) }),
    ])
  })
})
