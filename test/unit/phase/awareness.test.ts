import { describe, expect, it } from 'vitest'
import { harmToUnaware } from '../../../src/phase/awareness.ts'
import { type Phase, phases } from '../../../src/phase/phase.ts'

/** From where on code that does not know a change can run no more. */
const harmed: Readonly<Record<'trigger' | 'none', readonly Phase[]>> = {
  trigger: ['new-only', 'contracted'],
  none: ['dual-write', 'read-switch', 'read-new', 'new-only', 'contracted'],
}

describe.each(['trigger', 'none'] as const)('code that does not know a change with sync %s', (sync) => {
  it.each(Object.keys(phases) as Phase[])('in %s', (phase) => {
    expect(harmToUnaware({ phase, sync }) !== undefined).toBe(harmed[sync].includes(phase))
  })
})
