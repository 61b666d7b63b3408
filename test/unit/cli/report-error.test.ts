import { expect, it } from 'vitest'
import type { Output } from '../../../src/cli/output.ts'
import { reportError } from '../../../src/cli/report-error.ts'

function recordingOutput(json: boolean) {
  const printed: string[] = []
  const output: Output = {
    json,
    interactive: false,
    columns: Number.POSITIVE_INFINITY,
    line: () => undefined,
    note: (text) => void printed.push(text),
    status: () => undefined,
    result: (value) => void (json && printed.push(JSON.stringify(value))),
    style: (_style, text) => text,
  }
  return { output, printed }
}

it.each([false, true])(
  'promises nothing of an error that nobody foresaw, and says where to look (json: %s)',
  (json) => {
    const { output, printed } = recordingOutput(json)
    expect(reportError(new RangeError('too far'), output)).toBe(1)
    const text = printed.join('\n').replace(/\s+/g, ' ')
    expect(text).toContain('too far')
    expect(text).toContain('look at `npx expand-contract status`')
    expect(text).not.toContain('half done')
  },
)

it.each([
  Object.assign(new Error('terminating connection due to administrator command'), { code: '57P01' }),
  Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
  new Error('Connection terminated unexpectedly'),
])('a connection that broke is no defect of the toolkit, and the command may be repeated (%#)', (error) => {
  const { output, printed } = recordingOutput(true)
  expect(reportError(error, output)).toBe(1)
  expect(printed.join('')).toContain('"code":"EC_CONNECTION_LOST"')
  expect(printed.join('')).not.toContain('defect')
})
