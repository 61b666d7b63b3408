import type { AnyChange } from '../change/change.ts'
import { duration } from '../change/options.ts'
import {
  declarationHash,
  differences,
  type RecordedDeclaration,
  recordedDeclaration,
  transformOf,
} from '../change/recorded.ts'
import { type Sides, sidesOf } from '../change/sides.ts'
import type { SqlTransform } from '../change/sql-transform.ts'
import { failure } from '../errors/index.ts'
import type { Synchronisation } from '../phase/phase.ts'
import type { QualifiedName } from '../sql/identifier.ts'
import type { MigrationInput } from './input.ts'
import type { StepFile } from './migration-file.ts'

/** What running a change's steps needs to know of it; its declaration may be gone from the code. */
export interface StepChange {
  readonly id: string
  readonly declaration: RecordedDeclaration
  readonly table: QualifiedName
  readonly oldColumns: readonly string[]
  readonly newColumns: readonly string[]
  readonly transform: SqlTransform
  readonly sync: Synchronisation
  readonly copyBack: boolean
  readonly soakMs: number
  /** Undefined where the declaration has left the code. */
  readonly declared: { readonly change: AnyChange; readonly sides: Sides } | undefined
  /** The folder holds the step that removes what its expand step added. */
  readonly isToBeAbandoned: boolean
}

/** The soak of a change that nobody declares any more and that the database has not met. */
const soakOfUndeclared = duration('soak', '7 days')

/**
 * The changes that the step files of a folder belong to, by id: as the code declares them, else as their files name them,
 * else as the database recorded them.
 *
 * @throws ExpandContractError EC_DECLARATION_DIFFERS, EC_STEP_FILE_DIFFERS, EC_CHANGE_UNDECLARED; before anything runs.
 */
export function changesOfSteps(
  files: readonly StepFile[],
  { changes, casing }: MigrationInput,
  recorded: ReadonlyMap<string, RecordedDeclaration>,
): ReadonlyMap<string, StepChange> {
  const found = new Map<string, StepChange>()
  for (const file of files) {
    const id = file.step.changeId
    const change = changes.find((candidate) => candidate.id === id)
    const inCode = change && { change, sides: sidesOf(change, casing) }
    const declared = inCode && recordedDeclaration(inCode.change, inCode.sides)
    if (declared !== undefined) {
      requireSame(recorded.get(id), declared, (differing) =>
        failure('EC_DECLARATION_DIFFERS', { id, differences: differing }),
      )
      requireSame(file.declaration, declared, (differing) =>
        failure('EC_STEP_FILE_DIFFERS', { id, file: file.migration.tag, differences: differing }),
      )
    }
    const declaration = declared ?? file.declaration ?? recorded.get(id)
    if (declaration === undefined) {
      throw failure('EC_CHANGE_UNDECLARED', { id, declared: changes.map((candidate) => candidate.id) })
    }
    const isToBeAbandoned = files.some(({ step }) => step.changeId === id && step.step === 'abandon')
    found.set(id, { ...stepChange(id, declaration, inCode), isToBeAbandoned })
  }
  return found
}

function stepChange(
  id: string,
  declaration: RecordedDeclaration,
  declared: StepChange['declared'],
): Omit<StepChange, 'isToBeAbandoned'> {
  return {
    id,
    declaration,
    table: { schema: declaration.schema, name: declaration.table },
    oldColumns: declaration.old,
    newColumns: declaration.new,
    transform: transformOf(declaration),
    sync: declaration.sync ?? 'trigger',
    copyBack: declared?.change.copyBack ?? declaration.sync !== 'none',
    soakMs: declared?.change.soakMs ?? soakOfUndeclared,
    declared,
  }
}

function requireSame(
  recorded: RecordedDeclaration | undefined,
  declared: RecordedDeclaration,
  refusal: (differing: readonly string[]) => Error,
): void {
  if (recorded === undefined || declarationHash(recorded) === declarationHash(declared)) return
  throw refusal(differences(recorded, declared))
}
