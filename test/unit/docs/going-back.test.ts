import { describe, expect, it } from 'vitest'
import { costsOfBack } from '../../../src/advance/back-costs.ts'
import { wayBack } from '../../../src/phase/back-step.ts'
import type { Facts } from '../../../src/phase/facts.ts'
import { isBefore } from '../../../src/phase/phase.ts'
import { transitions } from '../../../src/phase/transitions.ts'
import { marked, readPage, tableRows } from '../../support/documents.ts'
import { facts } from '../../support/facts.ts'

const rows = tableRows(marked(readPage('docs/going-back.md'), 'ways'))
const backward = transitions.filter(({ from, to }) => to === 'abandoned' || isBefore(to, from))

/** What a change can be like on its way back; unarmed. */
const situations: readonly Partial<Facts>[] = [
  {},
  { backfillDirection: 'reverse', backfillDone: false },
  { copyBack: false },
  { sync: 'none', copyBack: false, trigger: undefined },
]

describe('docs/going-back.md', () => {
  it('has the ways back that the transition table has', () => {
    expect(rows.map(([from, to]) => `${from} → ${to}`)).toEqual(
      backward.map(({ from, to }) => `\`${from}\` → \`${to}\``),
    )
  })

  it.each(backward)('from $from: the steps, and whether they cost anything', ({ from, to }) => {
    const [, , steps, stepsWhereBehind, costs] = rows.find((row) => row[0] === `\`${from}\``)!
    const taken = (situation: Partial<Facts>) => {
      const way = wayBack(facts({ phase: from, ...situation }))
      const retired = wayBack(facts({ phase: from, ...situation, retiredAt: new Date() }))
      const isRetirable = to === 'new-only'
      return [...way, ...(isRetirable ? retired : [])].map(({ kind }) => kind).join(isRetirable ? ', or ' : ', ')
    }
    expect(steps).toBe(taken({}))
    expect(stepsWhereBehind).toBe(taken({ backfillDirection: 'reverse', backfillDone: false }))
    const isFree = situations
      .map((situation) => facts({ phase: from, ...situation }))
      .every((seen) => costsOfBack({ way: wayBack(seen), facts: seen }, undefined).length === 0)
    expect(costs === '–').toBe(isFree)
  })
})
