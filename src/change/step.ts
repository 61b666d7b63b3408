import type { RecordedDeclaration } from './recorded.ts'

/**
 * The four migration files of a change, in order. Each begins with comments that say which step of which change it is,
 * and for which names it was generated; the runner reads them, and Drizzle's own `migrate()` passes over them.
 */
export const steps = ['expand', 'handover', 'retire', 'drop'] as const

export type ForwardStep = (typeof steps)[number]

/** A change that is abandoned has a fifth file, which removes what its expand step added. */
export type Step = ForwardStep | 'abandon'

export interface StepHeader {
  readonly changeId: string
  readonly step: Step
}

/** What a step's file says of itself. */
export interface StepHead {
  readonly header: StepHeader
  /** Undefined in a file written by hand. */
  readonly declaration: RecordedDeclaration | undefined
  /** Nothing is left of the step: its change was abandoned before any database had taken it. */
  readonly isVoid: boolean
}

const declarationPrefix = '-- expand-contract: declaration='
const voidLine = '-- expand-contract: void'

/** The lines that a step's file begins with. */
export function stepHead({ changeId, step }: StepHeader, declaration: RecordedDeclaration): readonly string[] {
  return [`-- expand-contract: change=${changeId} step=${step}`, `${declarationPrefix}${JSON.stringify(declaration)}`]
}

/** The lines that the file of a step begins with that will never run. */
export function voidStepHead(header: StepHeader, declaration: RecordedDeclaration): readonly string[] {
  return [...stepHead(header, declaration), voidLine]
}

/** Reads what a migration's text says of itself; undefined for an ordinary migration. */
export function readStepHead(text: string): StepHead | undefined {
  const match = /^-- expand-contract: change=([a-z][a-z0-9-]*) step=(expand|handover|retire|drop|abandon)\s*$/m.exec(
    text,
  )
  if (match === null) return undefined
  const lines = text.split('\n').map((line) => line.trimEnd())
  const line = lines.find((candidate) => candidate.startsWith(declarationPrefix))
  return {
    header: { changeId: match[1]!, step: match[2] as Step },
    declaration:
      line === undefined ? undefined : (JSON.parse(line.slice(declarationPrefix.length)) as RecordedDeclaration),
    isVoid: lines.includes(voidLine),
  }
}

/** Name of the retired column: the old one renamed out of the way, until it is dropped. */
export const retiredPrefix = '~ec_retired_'
