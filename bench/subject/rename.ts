import { type AnyChange, isChange } from '../../src/change/change.ts'
import { declarationHash, recordedDeclaration } from '../../src/change/recorded.ts'
import { renameColumn } from '../../src/change/rename-column.ts'
import { type Sides, sidesOf } from '../../src/change/sides.ts'
import { recordChange } from '../../src/control/change-row.ts'
import { installControlTables } from '../../src/control/install.ts'
import type { Session } from '../../src/control/session.ts'
import { type Phase, phases } from '../../src/phase/phase.ts'
import { installSync } from '../../src/sync/index.ts'
import { users } from './users.ts'

/** The declaration, as a service has it. */
export const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })

/** The change as the engines take it. */
export const rename: { readonly change: AnyChange; readonly sides: Sides } = resolved(userFullName)

function resolved(declared: unknown) {
  if (!isChange(declared)) throw new Error('renameColumn returned something else than a change.')
  return { change: declared, sides: sidesOf(declared) }
}

/** Puts the rename of an existing table into a phase, with control tables and sync trigger. */
export async function installRename(session: Session, phase: Phase): Promise<void> {
  const { change, sides } = rename
  const triggerMode = phases[phase].triggerMode ?? 'old'
  await installControlTables(session)
  for (const statement of installSync(change, sides, triggerMode)) await session.client.query(statement)
  const declaration = recordedDeclaration(change, sides)
  await recordChange(session.db, {
    id: change.id,
    declaration: { ...declaration },
    declarationHash: declarationHash(declaration),
    phase,
    triggerMode,
    syncSince: 1,
    readPercent: 50,
    sync: change.sync,
    copyBack: change.copyBack,
    soakMs: change.soakMs,
  })
}
