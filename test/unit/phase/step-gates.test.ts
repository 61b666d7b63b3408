import { describe, expect, it } from 'vitest'
import { stepGates } from '../../../src/phase/step-gates.ts'
import { facts, liveProcess } from '../../support/facts.ts'

const given = { phase: 'expanded', steps: { expand: 'done', handover: 'deferred' } } as const
const unbelievable = liveProcess({ oldestPhase: undefined, problem: '"changes" of its row cannot be read' })

describe('the abandon step', () => {
  it('runs where no process declares the change', () => {
    const unaware = liveProcess({ oldestPhase: undefined })
    expect(stepGates.abandon(facts({ ...given, processes: [unaware] }))).toBeUndefined()
  })

  it.each([
    [
      'that declares the change',
      liveProcess({ oldestPhase: 'expanded' }),
      'billing 4f2a1c on web-3 (pid 812) is at "expanded"',
    ],
    [
      'whose row cannot be believed, as it may declare the change',
      unbelievable,
      'billing 4f2a1c on web-3 (pid 812) cannot be judged: "changes" of its row cannot be read',
    ],
  ])('waits for a process %s', (_which, process, named) => {
    expect(stepGates.abandon(facts({ ...given, processes: [process] }))).toBe(
      `processes that still declare the change to end: ${named}`,
    )
  })
})

describe('the retire and the drop step', () => {
  const contracted = { phase: 'contracted', retiredAt: facts().now, soakMs: 0 } as const

  it.each(['retire', 'drop'] as const)('%s runs where every process is past the old column', (step) => {
    const there = liveProcess({ oldestPhase: 'new-only' })
    expect(stepGates[step](facts({ ...contracted, processes: [there] }))).toBeUndefined()
  })

  it.each(['retire', 'drop'] as const)('%s waits for one that slept past its lease at the contract', (step) => {
    const awake = liveProcess({ oldestPhase: 'read-new' })
    expect(stepGates[step](facts({ ...contracted, processes: [awake] }))).toBe(
      'processes that may still name the old column to end: billing 4f2a1c on web-3 (pid 812) is at "read-new"',
    )
  })
})
