import { describe, expect, it } from 'vitest'
import type { Output } from '../../../src/cli/output.ts'
import { WaitProgress } from '../../../src/cli/wait-progress.ts'

/** Keeps what is told: lines, and the last state of the line that is redrawn. */
function recorder(interactive: boolean) {
  const lines: string[] = []
  const told = { lines, status: '' }
  const output = {
    json: false,
    interactive,
    columns: interactive ? 60 : Number.POSITIVE_INFINITY,
    line: (text = '') => void lines.push(text),
    note: () => undefined,
    status: (text: string) => {
      told.status = text
    },
    result: () => undefined,
    style: (_: unknown, text: string) => text,
  } as Output
  return { told, output }
}

const process = (state: string) => `billing 4f2a1c on web-3 (pid 812) ${state}`
const transaction = (age: number) => `transaction of pid 4711 ("psql", role "bi"): idle in transaction, for ${age} s`

describe('the progress of a wait', () => {
  it('tells who has come, and who is gone and after how long', () => {
    const { told, output } = recorder(false)
    const progress = new WaitProgress(output, [process('is at "dual-write"')], 0)
    progress.tell([process('is at "dual-write"'), transaction(1)], 1_000)
    progress.tell([transaction(9)], 9_000)
    progress.tell([], 75_000)
    expect(told.lines).toEqual([
      `  ! ${transaction(1)}`,
      '  ✓ No longer, after 9 s: billing 4f2a1c on web-3 (pid 812)',
      '  ✓ No longer, after 1 min 14 s: transaction of pid 4711 ("psql", role "bi")',
    ])
  })

  it('takes a process for the same one whatever it does meanwhile', () => {
    const { told, output } = recorder(false)
    const progress = new WaitProgress(output, [process('is at "dual-write"')], 0)
    progress.tell([process('is at "dual-write", silent for 7 s (its lease ends in 8 s)')], 1_000)
    expect(told.lines).toEqual([])
  })

  it('says now and then that it goes on, where nothing can be redrawn', () => {
    const { told, output } = recorder(false)
    const progress = new WaitProgress(output, [transaction(1)], 0)
    for (let ms = 1_000; ms <= 65_000; ms += 1_000) progress.tell([transaction(ms / 1_000)], ms)
    expect(told.lines).toEqual(['  · waiting for 1, 30 s', '  · waiting for 1, 1 min 0 s'])
  })

  it('redraws one line within the width of a terminal, and clears it at the end', () => {
    const { told, output } = recorder(true)
    const progress = new WaitProgress(output, [transaction(1)], 0)
    progress.tell([transaction(2)], 2_000)
    expect(told.status).toMatch(/^ {2}waiting for 1, 2 s: transaction of pid 4711 .*…$/)
    expect(told.status).toHaveLength(59)
    progress.tell([], 3_000)
    expect(told.status).toBe('')
  })
})
