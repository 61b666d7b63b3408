import type { AnyChange } from '../change/change.ts'
import { differences, recordedDeclaration } from '../change/recorded.ts'
import type { Sides } from '../change/sides.ts'
import { failure } from '../errors/index.ts'
import type { ChangeRow } from './change-row.ts'

/**
 * Only what is recorded counts: names that a wrong declaration would write to, and whether there is a sync trigger. The
 * flag, its stickiness, the soak and copy-back may differ from release to release.
 *
 * @throws ExpandContractError EC_DECLARATION_DIFFERS where the code declares otherwise than the database recorded.
 */
export function requireSameDeclaration(change: AnyChange, sides: Sides, row: Pick<ChangeRow, 'declaration'>): void {
  const differing = differences(row.declaration, recordedDeclaration(change, sides))
  if (differing.length > 0) throw failure('EC_DECLARATION_DIFFERS', { id: change.id, differences: differing })
}
