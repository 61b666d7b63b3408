import type { Explanations } from './explanations.ts'
import { KeyHistory, type Write } from './key-history.ts'
import type { Answer, Entry, FailedRead, Intent, Read } from './ledger.ts'
import { momentInWords } from './moment.ts'
import type { Stamp } from './stamp.ts'
import type { Verdict, Violation } from './verdict.ts'

/** A row as the table has it at the end: what each side holds. A side that has gone is left out. */
export interface StoredRow {
  readonly key: number
  readonly old?: Stamp | 'unreadable'
  readonly new?: Stamp | 'unreadable'
}

export interface Evidence {
  /** The ledgers of all processes, in any order. */
  readonly entries: Iterable<Entry>
  readonly rows: readonly StoredRow[]
  /** Which side holds the truth at the end. */
  readonly truth: 'old' | 'new'
  /** True where both sides have to be equal at the end. */
  readonly agreed: boolean
  readonly explanations: Explanations
}

/** Holds what the processes were told against what is in the table. It knows nothing of the change. */
export function judge({ entries, rows, truth, agreed, explanations }: Evidence): Verdict {
  const { intents, answers, reads, failedReads } = sorted(entries)
  const writes = writesOf(intents, answers)
  const histories = historiesOf(writes)
  const violations: Violation[] = []
  const report = (kind: Violation['kind'], what: string) => void violations.push({ kind, what })

  for (const [key, history] of histories) {
    for (const version of history.doubled) report('forged', `key ${key}: two writes made version ${version}`)
  }
  violations.push(...reads.flatMap((read) => violationOf(read, histories.get(read.key)) ?? []))
  judgeRows(rows, histories, { truth, agreed }, report)

  const refusals = [
    ...answers.flatMap((answer) => (answer.outcome === 'refused' ? [refusalOf(answer, intents)] : [])),
    ...failedReads.flatMap((read) => (read.outcome === 'refused' ? [read] : [])),
  ]
  const refused: Record<string, number> = {}
  for (const { code, sent, done } of refusals) {
    const because = explanations.of(code, sent, done)
    if (because === undefined) report('unexplained', `a request was refused with ${code}, and nothing explains it`)
    const line = `${code}: ${because ?? 'nothing explains it'}`
    refused[line] = (refused[line] ?? 0) + 1
  }
  const acknowledged = reads.length + writes.filter(({ outcome }) => outcome === 'acknowledged').length
  const unknown =
    writes.filter(({ outcome }) => outcome === 'unknown').length +
    failedReads.filter(({ outcome }) => outcome === 'unknown').length
  return {
    operations: writes.length + reads.length + failedReads.length,
    acknowledged,
    unknown,
    rows: rows.length,
    refused,
    violations,
  }
}

type Report = (kind: Violation['kind'], what: string) => void

function violationOf(
  { key, found, sent, done, by }: Read & { readonly by?: string },
  history: KeyHistory | undefined,
): Violation | undefined {
  const newest = history?.newestBefore(sent)
  const who = `${by ?? 'somebody'} read key ${key}`
  if (found === 'unreadable') return { kind: 'stale', what: `${who} and found no value of the lab` }
  if (found === null) {
    const isMissing = newest !== undefined && !history?.mayBeDeletedBefore(done)
    return isMissing ? { kind: 'stale', what: `${who} and found no row` } : undefined
  }
  if (history?.isDeletedBefore(sent)) return { kind: 'resurrected', what: `${who} after its deletion was acknowledged` }
  if (history?.knows(found) !== true) return { kind: 'forged', what: `${who}: nobody wrote version ${found.version}` }
  if (newest === undefined || found.version >= newest.version) return undefined
  const [acknowledged, asked] = [newest.done, sent].map(momentInWords)
  return {
    kind: 'stale',
    what: `${who}: version ${found.version}, asked for at ${asked}, after ${newest.version} was acknowledged at ${acknowledged}`,
  }
}

function judgeRows(
  rows: readonly StoredRow[],
  histories: ReadonlyMap<number, KeyHistory>,
  { truth, agreed }: Pick<Evidence, 'truth' | 'agreed'>,
  report: Report,
): void {
  const stored = new Map(rows.map((row) => [row.key, row]))
  for (const [key, history] of histories) {
    const row = stored.get(key)
    if (row === undefined) {
      if (!history.mayBeDeletedBefore(Number.POSITIVE_INFINITY)) loseAll(key, history, -1, report)
      continue
    }
    if (history.isDeletedBefore(Number.POSITIVE_INFINITY)) report('resurrected', `key ${key} is there`)
    const value = row[truth]
    if (value === undefined || value === 'unreadable') report('lost', `key ${key}: the ${truth} side holds no value`)
    else {
      if (!history.knows(value)) report('forged', `key ${key}: nobody wrote version ${value.version}`)
      loseAll(key, history, value.version, report)
    }
  }
  for (const row of rows) {
    if (!histories.has(row.key)) report('forged', `key ${row.key} is there, and nobody inserted it`)
    if (agreed && row.old !== undefined && row.new !== undefined && !isSame(row.old, row.new))
      report('disagree', `key ${row.key}: old holds ${show(row.old)} and new holds ${show(row.new)}`)
  }
}

function loseAll(key: number, history: KeyHistory, left: number, report: Report): void {
  const lost = history.acknowledgedAfter(left)
  if (lost > 0) report('lost', `key ${key}: ${lost} acknowledged write(s) after version ${left}`)
}

function isSame(a: Stamp | 'unreadable', b: Stamp | 'unreadable'): boolean {
  return a !== 'unreadable' && b !== 'unreadable' && a.write === b.write && a.version === b.version
}

function show(value: Stamp | 'unreadable'): string {
  return value === 'unreadable' ? 'no value' : `version ${value.version}`
}

function sorted(entries: Iterable<Entry>) {
  const intents = new Map<number, Intent>()
  const answers: Answer[] = []
  const reads: Read[] = []
  const failedReads: FailedRead[] = []
  for (const entry of entries) {
    if (entry.entry === 'intent') intents.set(entry.write, entry)
    else if (entry.entry === 'answer') answers.push(entry)
    else if (entry.entry === 'read') reads.push(entry)
    else failedReads.push(entry)
  }
  return { intents, answers, reads, failedReads }
}

/** In the order of their answers; those without one come last. */
function writesOf(intents: ReadonlyMap<number, Intent>, answers: readonly Answer[]): readonly Write[] {
  const open = new Map(intents)
  const answered = answers.flatMap(({ outcome, writes, versions, done }) =>
    writes.flatMap((write, index) => {
      const intent = open.get(write)
      if (!open.delete(write)) return []
      return [{ ...intent!, outcome, version: outcome === 'acknowledged' ? versions[index] : undefined, done }]
    }),
  )
  const left = [...open.values()].map((intent) => ({
    ...intent,
    outcome: 'unknown' as const,
    version: undefined,
    done: Number.POSITIVE_INFINITY,
  }))
  return [...answered.sort((a, b) => a.done - b.done), ...left]
}

function historiesOf(writes: readonly Write[]): ReadonlyMap<number, KeyHistory> {
  const byKey = Map.groupBy(writes, ({ key }) => key)
  return new Map([...byKey].map(([key, ofKey]) => [key, new KeyHistory(ofKey)]))
}

function refusalOf(answer: Answer & { readonly outcome: 'refused' }, intents: ReadonlyMap<number, Intent>) {
  const sent = intents.get(answer.writes[0]!)?.sent ?? answer.done
  return { code: answer.code, sent, done: answer.done }
}
