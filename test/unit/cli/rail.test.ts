import { expect, it } from 'vitest'
import { processLine } from '../../../src/cli/rail.ts'
import { facts, liveProcess } from '../../support/facts.ts'

it('a process that is silent is not said to agree, and one that is behind is named as that', () => {
  const processes = [
    liveProcess(),
    liveProcess({ pid: 813, isSilent: true }),
    liveProcess({ pid: 814, isSilent: true, oldestPhase: 'expanded' }),
  ]
  expect(processLine(facts({ processes }))).toBe(
    '1 of 3 processes agree; behind: billing 4f2a1c on web-3 (pid 814); silent: billing 4f2a1c on web-3 (pid 813).',
  )
})
