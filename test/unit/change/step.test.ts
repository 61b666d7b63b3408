import { expect, it } from 'vitest'
import { readStepHead, stepHead, voidStepHead } from '../../../src/change/step.ts'

const header = { changeId: 'user-full-name', step: 'handover' } as const
const declaration = { kind: 'rename', schema: 'public', table: 'users', old: ['name'], new: ['full_name'] }

it('reads the head of a step’s file as it was written', () => {
  const text = [...stepHead(header, declaration), '', 'SELECT 1;'].join('\n')
  expect(readStepHead(text)).toEqual({ header, declaration, isVoid: false })
  expect(readStepHead(text.replaceAll('\n', '\r\n'))).toEqual({ header, declaration, isVoid: false })
})

it('reads a head without names, as a person may write it, and no head from an ordinary migration', () => {
  expect(readStepHead(`${stepHead(header, declaration)[0]}\nSELECT 1;`)).toEqual({
    header,
    declaration: undefined,
    isVoid: false,
  })
  expect(readStepHead('-- change=user-full-name step=handover\nSELECT 1;')).toBeUndefined()
})

it('reads that nothing is left of a step', () => {
  const text = [...voidStepHead(header, declaration), '--', '-- why'].join('\n')
  expect(readStepHead(text)).toEqual({ header, declaration, isVoid: true })
  expect(readStepHead(text.replaceAll('\n', '\r\n'))?.isVoid).toBe(true)
})
