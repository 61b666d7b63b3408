import type { AnyChange } from '../change/change.ts'
import type { Snapshot } from '../drizzle/snapshot.ts'
import { failure } from '../errors/index.ts'
import { type GeneratedChange, hasColumns } from './generated-changes.ts'
import { quotedList } from './in-words.ts'

/**
 * The changes whose old columns the schema has given up after their drop step (the second pull request): the database has
 * lost them already, so the difference must not drop them again.
 *
 * @param open the changes of the folder that have not ended.
 * @throws ExpandContractError EC_GENERATE where a side has left the schema too early.
 */
export function leavingChanges(
  changes: readonly AnyChange[],
  latest: Snapshot,
  declared: Snapshot,
  open: readonly GeneratedChange[],
): readonly GeneratedChange[] {
  const isDeclared = (id: string) => changes.some((change) => change.id === id)
  const tableRemains = ({ declaration }: GeneratedChange) => hasColumns(declared, declaration, [])
  const lost = ({ declaration }: GeneratedChange, side: 'old' | 'new') =>
    hasColumns(latest, declaration, declaration[side]) && !hasColumns(declared, declaration, declaration[side])

  const lostOf = (declaration: GeneratedChange['declaration'], side: 'old' | 'new') =>
    declaration[side].filter((column) => !hasColumns(declared, declaration, [column]))

  const abandoned = open.find((change) => tableRemains(change) && lost(change, 'new'))
  if (abandoned !== undefined) {
    const { id, declaration, tags } = abandoned
    throw failure('EC_GENERATE', {
      problem: `The schema has lost ${quotedList(lostOf(declaration, 'new'))} of table "${declaration.table}", the new side of change "${id}" (${tags.expand}). Its trigger would fail every write, and ${tags.drop} would drop the only column left.`,
      advice: `Put the column back. To give the change up, go \`npx expand-contract back ${id}\` in every environment, then run \`npx expand-contract generate --abandon ${id}\`, without the column and the declaration.`,
    })
  }
  const leaving = open.filter((change) => tableRemains(change) && lost(change, 'old'))
  const tooEarly = leaving.find(({ id }) => isDeclared(id))
  if (tooEarly !== undefined) {
    const { id, declaration, tags } = tooEarly
    throw failure('EC_GENERATE', {
      problem: `The schema has lost ${quotedList(lostOf(declaration, 'old'))} of table "${declaration.table}", but change "${id}", which still reads and writes it, is declared.`,
      advice: `Put the column back until ${tags.drop} has run in every environment; then delete the column and the declaration together.`,
    })
  }
  const partly = leaving.find(({ declaration }) => lostOf(declaration, 'old').length < declaration.old.length)
  if (partly !== undefined) {
    const { id, declaration, tags } = partly
    throw failure('EC_GENERATE', {
      problem: `The schema has lost ${quotedList(lostOf(declaration, 'old'))} of table "${declaration.table}", and still has other columns of the old side of change "${id}", which ${tags.drop} drops together.`,
      advice: `Delete ${quotedList(declaration.old)} from the schema together, once ${tags.drop} has run in every environment.`,
    })
  }
  return leaving
}
