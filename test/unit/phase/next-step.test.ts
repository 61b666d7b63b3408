import { describe, expect, it } from 'vitest'
import { backStep, wayBack } from '../../../src/phase/back-step.ts'
import type { Facts } from '../../../src/phase/facts.ts'
import { decisionOf, isSafe, type NextStep, nextStep } from '../../../src/phase/next-step.ts'
import { facts, liveProcess } from '../../support/facts.ts'

const hour = 3_600_000
const now = facts().now
const altered = { trigger: { mode: 'old', alteredByHand: true, enabledAlways: true, laterTriggers: [] } } as const
const armed = { trigger: { mode: 'new', alteredByHand: false, enabledAlways: true, laterTriggers: [] } } as const

type Expected = [situation: string, facts: Partial<Facts>, step: NextStep, safe: boolean, decision: string | undefined]

const steps: readonly Expected[] = [
  [
    'before the expand migration',
    { phase: 'planned', columns: { old: 'text', new: undefined }, trigger: undefined },
    { kind: 'migrate' },
    false,
    undefined,
  ],
  ['expanded by other means', { phase: 'planned' }, { kind: 'transition', to: 'expanded' }, true, undefined],
  ['expanded', { phase: 'expanded' }, { kind: 'transition', to: 'dual-write' }, true, undefined],
  ['not filled', { backfillDone: false }, { kind: 'backfill' }, true, undefined],
  ['not verified', { verifiedEpoch: null }, { kind: 'verify' }, true, undefined],
  ['filled and verified', {}, { kind: 'transition', to: 'read-switch' }, false, 'reads'],
  ['reads at 0 %', { phase: 'read-switch' }, { kind: 'reads', percent: 5 }, false, 'reads'],
  ['reads at 5 %', { phase: 'read-switch', readPercent: 5 }, { kind: 'reads', percent: 50 }, false, 'reads'],
  ['reads at 60 %', { phase: 'read-switch', readPercent: 60 }, { kind: 'reads', percent: 100 }, false, 'reads'],
  [
    'reads held',
    { phase: 'read-switch', readPercent: 100, hold: 'by hand' },
    { kind: 'reads', percent: 5 },
    false,
    'reads',
  ],
  [
    'reads at 100 %',
    { phase: 'read-switch', readPercent: 100 },
    { kind: 'transition', to: 'read-new' },
    false,
    'reads',
  ],
  [
    'reads at 100 %, verified before',
    { phase: 'read-switch', readPercent: 100, verifiedAt: new Date(0) },
    { kind: 'verify' },
    true,
    undefined,
  ],
  [
    'reads decided by a flag service',
    { phase: 'read-switch', processes: [liveProcess({ flags: 'unleash' })] },
    { kind: 'transition', to: 'read-new' },
    false,
    'reads',
  ],
  ['read-new', { phase: 'read-new' }, { kind: 'transition', to: 'new-only' }, false, 'stop using old'],
  [
    'read-switch, to be filled anew',
    { phase: 'read-switch', readPercent: 5, backfillDone: false },
    { kind: 'backfill' },
    true,
    undefined,
  ],
  ...(['expanded', 'dual-write', 'read-switch', 'read-new', 'new-only', 'contracted'] as const).map(
    (phase): Expected => [
      `${phase}, the trigger altered by hand`,
      { phase, ...altered },
      { kind: 'prove-anew' },
      true,
      undefined,
    ],
  ),
  ...(['expanded', 'dual-write', 'read-switch', 'read-new', 'new-only', 'contracted'] as const).map(
    (phase): Expected => [
      `${phase}, the trigger dropped by hand`,
      { phase, trigger: undefined },
      { kind: 'reinstall' },
      false,
      undefined,
    ],
  ),
  ['new-only', { phase: 'new-only' }, { kind: 'arm' }, false, undefined],
  ['new-only, to be filled anew', { phase: 'new-only', backfillDone: false }, { kind: 'backfill' }, true, undefined],
  ['new-only, to be verified', { phase: 'new-only', verifiedEpoch: null }, { kind: 'verify' }, true, undefined],
  [
    'new-only without copy-back, where no verification can be had any more',
    { phase: 'new-only', copyBack: false, verifiedEpoch: null },
    { kind: 'arm' },
    false,
    undefined,
  ],
  [
    'new-only without a trigger, where nothing can be armed',
    { phase: 'new-only', sync: 'none', copyBack: false, trigger: undefined },
    { kind: 'transition', to: 'contracted' },
    false,
    'retire',
  ],
  ['new-only, armed', { phase: 'new-only', ...armed }, { kind: 'transition', to: 'contracted' }, false, 'retire'],
  ['contracted', { phase: 'contracted' }, { kind: 'retire' }, false, 'retire'],
  [
    'retired, in the soak',
    { phase: 'contracted', retiredAt: now, soakMs: hour },
    { kind: 'soak', until: new Date(now.getTime() + hour) },
    false,
    undefined,
  ],
  [
    'retired, after the soak',
    { phase: 'contracted', retiredAt: new Date(now.getTime() - hour), soakMs: hour },
    { kind: 'drop' },
    false,
    'retire',
  ],
  ['dropped', { phase: 'contracted', retiredAt: now, droppedAt: now }, { kind: 'done' }, false, undefined],
  ['abandoned', { phase: 'abandoned' }, { kind: 'done' }, false, undefined],
]

describe('next', () => {
  it.each(steps)('offers, %s: %#', (_, situation, expected, safe, decision) => {
    const step = nextStep(facts(situation))
    expect(step).toEqual(expected)
    expect(isSafe(step)).toBe(safe)
    expect(decisionOf(step)).toBe(decision)
  })
})

describe('back', () => {
  it.each([
    ['expanded', {}, { kind: 'transition', to: 'abandoned' }],
    ['dual-write', {}, { kind: 'transition', to: 'expanded' }],
    ['read-switch', {}, { kind: 'transition', to: 'dual-write' }],
    ['read-new', {}, { kind: 'transition', to: 'read-switch' }],
    ['read-new', { backfillDirection: 'reverse', backfillDone: false }, { kind: 'backfill' }],
    ['read-new', { backfillDirection: 'reverse', verifiedEpoch: null }, { kind: 'verify' }],
    ['read-new', { backfillDirection: 'reverse' }, { kind: 'transition', to: 'read-switch' }],
    ['new-only', {}, { kind: 'transition', to: 'read-new' }],
    ['contracted', {}, { kind: 'transition', to: 'new-only' }],
    ['contracted', { retiredAt: now }, { kind: 'unretire' }],
    [
      'contracted',
      { retiredAt: now, droppedAt: now },
      { kind: 'none', reason: 'users.name has been dropped; only a restore brings it back' },
    ],
    ['planned', {}, { kind: 'none', reason: 'there is nothing before "planned"' }],
  ] as const)('from %s with %j', (phase, more, step) => {
    expect(backStep(facts({ phase, ...more }))).toEqual(step)
  })

  it.each([
    [{ backfillDirection: 'reverse', backfillDone: false }, ['backfill', 'verify', 'transition']],
    [{ backfillDirection: 'reverse', verifiedEpoch: null }, ['verify', 'transition']],
    [{}, ['transition']],
  ] as const)('names the whole way from read-new with %j', (more, kinds) => {
    expect(wayBack(facts({ phase: 'read-new', ...more })).map(({ kind }) => kind)).toEqual(kinds)
  })
})
