import type { ArgsDef } from 'citty'
import { attest, requireStatement } from '../advance/attest.ts'
import type { Target } from '../advance/target.ts'
import type { Output } from './output.ts'

/** The option of commands whose step may wait for an attestation. */
export const attestArg = {
  attest: {
    type: 'string',
    description: 'Without a sync trigger: state that nothing else writes the table; kept in the history',
    valueHint: 'how you know',
  },
} as const satisfies ArgsDef

/** @throws ExpandContractError EC_OPTION_INVALID for an answer that says nothing. */
export function attestOption({ attest: how }: { readonly attest?: string | undefined }): string | undefined {
  return how === undefined ? undefined : requireStatement(how)
}

/** Keeps what was stated, before the step that it lets pass is planned. */
export async function keepStatement(target: Target, how: string | undefined, output: Output): Promise<void> {
  if (how === undefined) return
  await attest(target, how)
  output.line(`${output.style('green', '✓')} Kept: nothing but repositories writes the table.`)
}
