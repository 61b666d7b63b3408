import { expect, it } from 'vitest'
import { costsOfBack } from '../../../src/advance/back-costs.ts'
import { wayBack } from '../../../src/phase/back-step.ts'
import type { Facts } from '../../../src/phase/facts.ts'
import { facts } from '../../support/facts.ts'

const trigger = (mode: 'forward' | 'fence' | 'new' | 'both') => ({
  trigger: { mode, alteredByHand: false, enabledAlways: true, laterTriggers: [] },
})
const refused = 'Writes to users.name alone that were refused meanwhile'
const lacks =
  'users.name lacks what was written to users.full_name alone. Before it is read again, about 2,014,000 rows'
const acceptsNull = 'users.name accepts NULL since the handover'
const lossy = { loses: 'fractions of a cent' } as const
const lostOfOld = 'of an earlier value of users.name does not come back.'
const lostOfBoth =
  'of an earlier value of users.name does not come back, and what users.name cannot hold of a value of users.full_name is not seen'
const behind = { backfillDirection: 'reverse', backfillDone: false } as const

const cases: readonly [from: Facts['phase'], situation: Partial<Facts>, says: readonly string[]][] = [
  ['expanded', {}, ['The change cannot be taken up again under this id.']],
  ['expanded', lossy, ['The change cannot be taken up again under this id.']],
  ['dual-write', {}, []],
  ['dual-write', lossy, [lostOfOld]],
  ['read-switch', lossy, [lostOfBoth]],
  ['new-only', { ...lossy, ...trigger('new') }, [refused, lostOfBoth]],
  ['dual-write', { sync: 'none', copyBack: false }, ['What was filled and verified proves nothing any more']],
  ['read-switch', {}, []],
  ['read-new', {}, []],
  ['read-new', { copyBack: false }, [acceptsNull]],
  ['read-new', { copyBack: false, steps: { handover: 'deferred' } }, []],
  ['read-new', behind, [lacks]],
  ['read-new', { ...behind, backfillDone: true, verifiedEpoch: null }, []],
  ['new-only', trigger('both'), []],
  ['new-only', trigger('new'), [refused]],
  ['new-only', { copyBack: false, ...trigger('forward') }, [lacks, acceptsNull]],
  ['new-only', { copyBack: false, ...trigger('fence') }, [refused, lacks, acceptsNull]],
  ['new-only', { sync: 'none', copyBack: false, trigger: undefined }, [lacks, acceptsNull]],
  ['contracted', { copyBack: false, retiredAt: new Date(), ...trigger('fence') }, [refused, lacks, acceptsNull]],
]

it.each(cases)('what the way back from %s costs, with %j', (phase, situation, says) => {
  const seen = facts({ phase, ...situation })
  const costs = costsOfBack({ way: wayBack(seen), facts: seen }, 2_014_000)
  expect(costs).toEqual(says.map((sentence) => expect.stringContaining(sentence)))
})

it('says "all rows" where the statistics do not know how many', () => {
  const seen = facts({ phase: 'read-new', ...behind })
  expect(costsOfBack({ way: wayBack(seen), facts: seen }, undefined)[0]).toContain('all rows are gone through')
})

it('costs nothing where there is no way back', () => {
  const seen = facts({ phase: 'contracted', droppedAt: new Date(), copyBack: false, trigger: undefined })
  expect(costsOfBack({ way: wayBack(seen), facts: seen }, 1)).toEqual([])
})
