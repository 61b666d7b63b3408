import { findRelation } from '../catalog/relations.ts'
import { applyFile } from './apply-file.ts'
import type { OrdinaryFile } from './migration-file.ts'
import { forgetProgress } from './progress.ts'
import type { Run } from './run.ts'
import { concurrentIndex } from './statement-kinds.ts'
import { insideTransaction, type Unit, unitsOf } from './units.ts'

/** Applies an ordinary migration: one transaction, but for the statements that PostgreSQL refuses inside one. */
export async function applyOrdinary(run: Run, file: OrdinaryFile): Promise<void> {
  const units: Unit[] = []
  for (const unit of unitsOf(file.migration)) {
    units.push((await isAboutFreshTable(run, unit)) ? insideTransaction(unit) : unit)
  }
  await applyFile(run, {
    file,
    units,
    grouping: 'together',
    after: async ({ isLast }) => {
      if (!isLast) return
      await run.journal.append(file.migration)
      if (units.some(({ isOutside }) => isOutside)) await forgetProgress(run.session.db, file)
    },
  })
}

/** True for an index of a table that nobody uses yet: nobody has to be spared while it is built. */
async function isAboutFreshTable({ session, tablesBefore }: Run, { isOutside, statements }: Unit): Promise<boolean> {
  const index = isOutside ? concurrentIndex(statements[0]!) : undefined
  const name = index?.action === 'create' ? index.table : index?.index
  if (name === undefined) return false
  const found = await findRelation(session.client, name)
  // What does not exist yet is created by the same file.
  return found === undefined || !tablesBefore.has(found.tableOid)
}
