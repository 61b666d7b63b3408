import type { RecordedDeclaration } from '../change/recorded.ts'
import { readStepHead, type StepHeader } from '../change/step.ts'
import { type Migration, readMigrations } from '../drizzle/migration-folder.ts'

/** An ordinary migration, as drizzle-kit wrote it or a person did. */
export interface OrdinaryFile {
  readonly migration: Migration
  readonly step: undefined
}

/** The file of one step of a change. */
export interface StepFile {
  readonly migration: Migration
  readonly step: StepHeader
  /** The names that the step was generated for; undefined in a file written by hand. */
  readonly declaration: RecordedDeclaration | undefined
  /** Its change was abandoned, and nothing is left of it. */
  readonly isVoid: boolean
}

export type MigrationFile = OrdinaryFile | StepFile

/** The files of a migration folder in the order in which they are applied. */
export function readFiles(folder: string): readonly MigrationFile[] {
  return readMigrations(folder).map((migration) => {
    const head = readStepHead(migration.text)
    return head === undefined
      ? { migration, step: undefined }
      : { migration, step: head.header, declaration: head.declaration, isVoid: head.isVoid }
  })
}

export function isStepFile(file: MigrationFile): file is StepFile {
  return file.step !== undefined
}
