import { expect, it } from 'vitest'
import { readStepHead, stepHead } from '../../../src/change/step.ts'

const header = { changeId: 'user-full-name', step: 'handover' } as const
const declaration = { kind: 'rename', schema: 'public', table: 'users', old: ['name'], new: ['full_name'] }

it('reads the head of a step’s file as it was written', () => {
  const text = [...stepHead(header, declaration), '', 'SELECT 1;'].join('\n')
  expect(readStepHead(text)).toEqual({ header, declaration })
  expect(readStepHead(text.replaceAll('\n', '\r\n'))).toEqual({ header, declaration })
})

it('reads a head without names, as a person may write it, and no head from an ordinary migration', () => {
  expect(readStepHead(`${stepHead(header, declaration)[0]}\nSELECT 1;`)).toEqual({ header, declaration: undefined })
  expect(readStepHead('-- change=user-full-name step=handover\nSELECT 1;')).toBeUndefined()
})
