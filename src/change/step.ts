/**
 * The four migration files of a change, in order. Each begins with a comment that says which step of which change it
 * is; the runner reads it, and Drizzle's own `migrate()` passes over it.
 */
export const steps = ['expand', 'handover', 'retire', 'drop'] as const

export type Step = (typeof steps)[number]

export interface StepHeader {
  readonly changeId: string
  readonly step: Step
}

export function stepHeader({ changeId, step }: StepHeader): string {
  return `-- expand-contract: change=${changeId} step=${step}`
}

/** The step that a migration's text says it is; undefined for an ordinary migration. */
export function parseStepHeader(text: string): StepHeader | undefined {
  const match = /^-- expand-contract: change=([a-z][a-z0-9-]*) step=(expand|handover|retire|drop)\s*$/m.exec(text)
  return match === null ? undefined : { changeId: match[1]!, step: match[2] as Step }
}

/** Name of the retired column: the old one renamed out of the way, until it is dropped. */
export const retiredPrefix = '~ec_retired_'
