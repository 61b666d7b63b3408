import { z } from 'zod'
import type { processes } from '../../schema/processes.ts'
import { type Phase, type PhaseSpan, phases, spanOf } from '../phase/phase.ts'
import { longestLeaseMs } from './lease.ts'

/** A row of the registry, with its times as the database's clock sees them. */
export interface ProcessRow extends Omit<typeof processes.$inferSelect, 'changes' | 'tables' | 'phaseLeases'> {
  /** What its JSON columns hold is not known before it is read: a hand may have edited them. */
  readonly tables: unknown
  readonly changes: unknown
  readonly phaseLeases: unknown
  /** Now, as text that compares with the times of `phaseLeases`. */
  readonly nowText: string
  readonly silentForMs: number
  /** Infinite for a lease without an end. */
  readonly leaseEndsInMs: number
}

const phase = z.enum(Object.keys(phases) as [Phase, ...Phase[]])

const statement = z.object({
  hash: z.string(),
  phase: phase.optional(),
  oldestPhase: phase,
  newestPhase: phase.optional(),
  longUnits: z.number().default(0),
  keyedReads: z.object({ old: z.number(), new: z.number(), lastOldAgoMs: z.number().nullable() }),
})

const columns = z.object({
  tables: z.array(z.string()),
  changes: z.record(z.string(), z.unknown()),
  phaseLeases: z.record(z.string(), z.unknown()),
})

const leases = z.record(z.string(), z.string())

/** What a row says of one change. */
export type Said =
  | { readonly kind: 'problem'; readonly problem: string }
  /** It declares the table and not the change. */
  | { readonly kind: 'unaware' }
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'aware'; readonly statement: z.infer<typeof statement>; readonly acts: PhaseSpan }

/** Reads what a process says of a change of a table. Never throws: what cannot be read is a problem to name. */
export function readRow(row: ProcessRow, changeId: string, table: string): Said {
  const problem = impossibleTimes(row)
  if (problem !== undefined) return { kind: 'problem', problem: `${problem}. ${mending(row)}` }
  const read = columns.safeParse(row)
  if (!read.success) return unreadable(row, read.error)
  const { tables, changes, phaseLeases } = read.data
  if (!tables.includes(table)) return { kind: 'elsewhere' }
  if (changes[changeId] === undefined) return { kind: 'unaware' }
  const said = statement.safeParse(changes[changeId])
  if (!said.success) return unreadable(row, said.error, `changes of "${changeId}"`)
  // A row of an earlier version tells no newest phase.
  const { oldestPhase, phase: phaseNow = oldestPhase, newestPhase = phaseNow } = said.data
  const own: readonly [Phase, Phase] = [oldestPhase, newestPhase]
  if (!row.isShared) return { kind: 'aware', statement: said.data, acts: spanOf(...own) }
  const leased = z.array(phase).safeParse(validLeases(phaseLeases[changeId], row.nowText))
  if (!leased.success) return unreadable(row, leased.error, `phase_leases of "${changeId}"`)
  return { kind: 'aware', statement: said.data, acts: spanOf(...own, ...leased.data) }
}

/** The phases whose lease has not ended. A time that cannot be read has not been seen to end. */
function validLeases(given: unknown, nowText: string): unknown {
  const read = leases.safeParse(given ?? {})
  if (!read.success) return given
  return Object.entries(read.data)
    .filter(([, until]) => until > nowText)
    .map(([used]) => used)
}

/** A lease that no process has asked for: the row was edited by hand, or the clock of the database was set back. */
function impossibleTimes({ silentForMs, leaseEndsInMs }: ProcessRow): string | undefined {
  if (silentForMs < -toleranceMs)
    return 'it was renewed in the future: edited by hand, or the database clock was set back'
  if (silentForMs + leaseEndsInMs > longestLeaseMs + toleranceMs)
    return 'its lease is longer than a process can ask for'
  return undefined
}

const toleranceMs = 1_000

function unreadable(row: ProcessRow, error: z.ZodError, where?: string): Said {
  const [issue] = error.issues
  const path = where ?? columnOf(issue?.path[0])
  return { kind: 'problem', problem: `"${path}" of its row cannot be read (${issue?.message}). ${mending(row)}` }
}

function columnOf(key: PropertyKey | undefined): string {
  return key === 'phaseLeases' ? 'phase_leases' : String(key)
}

function mending({ instance }: ProcessRow): string {
  return `It mends by itself if the process lives; else DELETE FROM expand_contract.processes WHERE instance = '${instance}'`
}
