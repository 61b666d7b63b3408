import type { AnyChange } from '../change/change.ts'
import { declarationHash, differences, type RecordedDeclaration, recordedDeclaration } from '../change/recorded.ts'
import type { Sides } from '../change/sides.ts'
import { failure } from '../errors/index.ts'

/** @throws ExpandContractError EC_DECLARATION_DIFFERS where the code declares other names than the database recorded. */
export function requireSameDeclaration(
  change: AnyChange,
  sides: Sides,
  row: { readonly declarationHash: string; readonly declaration: Readonly<Record<string, unknown>> },
): void {
  const declared = recordedDeclaration(change, sides)
  if (row.declarationHash === declarationHash(declared)) return
  throw failure('EC_DECLARATION_DIFFERS', {
    id: change.id,
    differences: differences(row.declaration as unknown as RecordedDeclaration, declared),
  })
}
