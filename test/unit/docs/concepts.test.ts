import { describe, expect, it } from 'vitest'
import type { Guard } from '../../../src/phase/guards/index.ts'
import * as guardModule from '../../../src/phase/guards/index.ts'
import { isBefore, orderedPhases, phases } from '../../../src/phase/phase.ts'
import { arming, filling, retiring, type Transition, transitions } from '../../../src/phase/transitions.ts'
import { marked, readPage, tableRows } from '../../support/documents.ts'
import { facts } from '../../support/facts.ts'

const page = readPage('docs/concepts.md')

const guards = Object.values(guardModule).filter(
  (value): value is Guard => typeof value === 'object' && value !== null && 'blockers' in value,
)

function stepName({ from, to }: Transition): string {
  return to === 'abandoned' || isBefore(to, from) ? `back to ${to}` : to
}

/** The steps that ask a guard, in the order of the transition table, arming after the steps forwards. */
function stepsOf(guard: Guard): readonly string[] {
  const asking = transitions.filter(({ guards: asked }) => asked.includes(guard)).map(stepName)
  const arms = arming.includes(guard) ? ['arming'] : []
  const fills = filling({ sync: 'none', phase: 'dual-write' }).includes(guard) ? ['filling'] : []
  const retires = retiring.includes(guard) ? ['retiring'] : []
  return [...asking, ...arms, ...fills, ...retires].sort()
}

describe('docs/concepts.md', () => {
  it('shows the phases as they are', () => {
    const words = { old: 'old', new: 'new', both: 'old and new', flag: 'what the flag says' } as const
    expect(tableRows(marked(page, 'phases'))).toEqual(
      orderedPhases.map((phase) => {
        const { stage, write, read, truth, triggerMode } = phases[phase]
        return [
          stage,
          `\`${phase}\``,
          words[write],
          words[read],
          truth,
          triggerMode === undefined ? '–' : `\`${triggerMode}\``,
        ]
      }),
    )
  })

  const rows = new Map(tableRows(marked(page, 'guards')).map(([name, ...cells]) => [name, cells]))

  it('names every guard, and no other', () => {
    expect([...rows.keys()].sort()).toEqual(guards.map(({ name }) => name).sort())
  })

  it.each(guards)('$name: its kind, the steps that ask it and a way out', (guard) => {
    const [kind, asked, wayOut] = rows.get(guard.name)!
    expect(kind!.split(';')[0]).toBe(guard.kind(facts()))
    expect(asked!.split(', ').sort()).toEqual(stepsOf(guard))
    expect(wayOut).not.toBe('')
  })

  it.each(guards)('$name: says when a courtesy becomes a matter of safety', (guard) => {
    const [kind] = rows.get(guard.name)!
    expect(guard.kind(facts({ sync: 'none', copyBack: false }))).toBe(
      kind!.includes('; safety') ? 'safety' : guard.kind(facts()),
    )
    const withoutCopyBack = guard.kind(facts({ copyBack: false }))
    expect(withoutCopyBack).toBe(kind!.endsWith('; safety without copy-back') ? 'safety' : guard.kind(facts()))
  })

  it('gives the way back that the transition table has', () => {
    const back = tableRows(
      readPage('docs/commands.md')
        .text.split(/^## /m)
        .find((section) => section.startsWith('`back'))!
        .split('| from |')[1]!
        .replace(/^/, '| from |'),
    )
    expect(back.map(([from, to]) => `${from} → ${to}`)).toEqual(
      transitions
        .filter(({ from, to }) => to === 'abandoned' || isBefore(to, from))
        .map(({ from, to }) => `\`${from}\` → \`${to}\``),
    )
  })
})
